-- Tables that grow without end and hold no money are cut by month: an old month is dropped whole instead of deleted
-- row by row, and made ahead, so that no insert ever finds its month missing.

create table partition_policies (
    table_name text primary key,
    time_column text not null,
    months_ahead integer not null default 3,
    keep_months integer,
    constraint partition_policies_months_ahead_range check (months_ahead between 1 and 36),
    constraint partition_policies_keep_months_range check (keep_months >= 1)
);
comment on table partition_policies is 'Which tables are cut by month, how far ahead months are made, and when they are dropped.';
comment on column partition_policies.months_ahead is 'Months after the present one that exist at any time.';
comment on column partition_policies.keep_months is 'Months before the present one that are kept; null keeps them for ever.';

-- Makes one month of a table. Built beside the table and then attached: `create table … partition of` would lock out
-- every reader of the table, `attach` lets them go on.
create function make_month_partition(parent text, month_start date) returns text
language plpgsql
set search_path = public, pg_temp
as $$
declare
    first_day constant date := date_trunc('month', month_start)::date;
    next_month constant date := (first_day + interval '1 month')::date;
    partition_name constant text := parent || to_char(first_day, '"_"YYYY"_"MM');
begin
    if to_regclass(format('public.%I', partition_name)) is not null then
        return null;
    end if;
    execute format('create table %I (like %I including defaults including constraints)', partition_name, parent);
    execute format(
        'alter table %I attach partition %I for values from (%L) to (%L)',
        parent, partition_name, first_day::timestamp at time zone 'UTC', next_month::timestamp at time zone 'UTC'
    );
    return partition_name;
end
$$;
comment on function make_month_partition(text, date) is
    'Makes and attaches the partition of the month (UTC) that holds a day, if it is missing; answers its name, or null.';

-- For migrations: registers a partitioned table and makes its first months, beginning with the month before this one,
-- so that an event that was late over midnight still finds its place.
create function partition_by_month(parent text, time_column text, keep_months integer) returns void
language plpgsql
set search_path = public, pg_temp
as $$
declare
    this_month constant date := date_trunc('month', now() at time zone 'UTC')::date;
    policy partition_policies;
begin
    insert into partition_policies (table_name, time_column, keep_months)
    values (parent, time_column, keep_months)
    returning * into policy;
    for ahead in -1 .. policy.months_ahead loop
        perform make_month_partition(parent, (this_month + make_interval(months => ahead))::date);
    end loop;
end
$$;
comment on function partition_by_month(text, text, integer) is
    'Registers a table partitioned by range on a time column and makes its months; null months kept means for ever.';

-- For the schedule, which runs as a role without the right to create tables: hence "security definer", and hence no
-- argument but the time; what it may touch stands in partition_policies, which that role can't write.
create function maintain_partitions(at_time timestamptz)
returns table (table_name text, partition_name text, action text)
language plpgsql
security definer
set search_path = public, pg_temp
as $$
declare
    this_month constant date := date_trunc('month', at_time at time zone 'UTC')::date;
    policy partition_policies;
    child record;
    made text;
begin
    if abs(extract(epoch from at_time - now())) > 40 * 86400 then
        raise exception 'the time given is more than 40 days from the server''s: no partition is made or dropped'
            using errcode = 'invalid_parameter_value';
    end if;
    for policy in select p.* from partition_policies p order by p.table_name loop
        for ahead in 0 .. policy.months_ahead loop
            made := make_month_partition(policy.table_name, (this_month + make_interval(months => ahead))::date);
            if made is not null then
                return query values (policy.table_name, made, 'made'::text);
            end if;
        end loop;
        continue when policy.keep_months is null;
        for child in
            select c.relname::text as name
              from pg_inherits i
              join pg_class c on c.oid = i.inhrelid
             where i.inhparent = format('public.%I', policy.table_name)::regclass
               and c.relname ~ ('^' || policy.table_name || '_[0-9]{4}_[0-9]{2}$')
               and to_date(right(c.relname, 7), 'YYYY_MM') < this_month - make_interval(months => policy.keep_months)
             order by c.relname
        loop
            execute format('drop table %I', child.name);
            return query values (policy.table_name, child.name, 'dropped'::text);
        end loop;
    end loop;
end
$$;
comment on function maintain_partitions(timestamptz) is
    'Makes the months ahead and drops those past their keep; refuses a time far from the server''s, so that a wrong clock drops nothing.';

revoke execute on function make_month_partition(text, date) from public;
revoke execute on function partition_by_month(text, text, integer) from public;
revoke execute on function maintain_partitions(timestamptz) from public;
grant execute on function maintain_partitions(timestamptz) to spike_app;
grant select on partition_policies to spike_app;
