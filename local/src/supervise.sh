# Runs a server that must not outlive the tool that started it: $1 is the signal that stops the server, the rest its command line.
# The tool holds the other end of standard input. When the tool ends in whatever way, kill -9 included, reading ends too.
signal=$1
shift
# A thousand clients need more files than the usual soft limit.
limit=$(ulimit -S -n)
[ "$limit" = unlimited ] || [ "$limit" -ge 4096 ] || ulimit -S -n 4096 2>/dev/null
exec 3<&0
"$@" </dev/null >&2 3<&- &
server=$!
echo "$server"
exec >&2
(
    read -r _ <&3
    kill -s "$signal" "$server"
    kill -s CONT "$server"
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        sleep 1
        kill -0 "$server" || exit
    done
    kill -s KILL "$server"
) 2>/dev/null &
watcher=$!
exec 3<&-
# This shell is the server's parent: until it has waited, the number of the process can't be given to another one.
wait "$server"
status=$?
kill "$watcher" 2>/dev/null
exit "$status"
