-- Foreign keys that can't be followed backwards without reading the whole table: no valid index starts with exactly
-- their columns (in any order), or only one that leaves rows out. A predicate that only leaves out nulls is fine: those refer
-- to nothing. No row: all is well.
select c.conrelid::regclass::text as table_name, c.conname as constraint_name,
       string_agg(a.attname, ', ' order by k.place) as columns
  from pg_constraint c
  join pg_class t on t.oid = c.conrelid and not t.relispartition
 cross join unnest(c.conkey) with ordinality as k (attnum, place)
  join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.attnum
 where c.contype = 'f'
   and c.connamespace = 'public'::regnamespace
   and not exists (
       select
         from pg_index i
        where i.indrelid = c.conrelid
          and (i.indisvalid or t.relkind = 'p')
          and (i.indkey::int2[])[0:array_length(c.conkey, 1) - 1] @> c.conkey
          and (i.indpred is null
               or exists (
                   select
                     from pg_attribute p
                    where p.attrelid = c.conrelid
                      and p.attnum = any (c.conkey)
                      and pg_get_expr(i.indpred, i.indrelid) = format('(%I IS NOT NULL)', p.attname))))
 group by c.oid, c.conrelid, c.conname
 order by 1, 2;
