-- Indexes that another index makes superfluous: it begins with the same columns in the same (or wholly reversed) order and
-- holds the same rows. A unique index is kept for what it forbids. No row: all is well.
with indexes as (
    select i.indexrelid, i.indrelid, i.indisunique, x.relam, i.indnkeyatts as width, i.indexprs is not null as expressions,
           (i.indkey::int2[])[0:i.indnkeyatts - 1] as columns,
           (i.indclass::oid[])[0:i.indnkeyatts - 1] as classes,
           (i.indcollation::oid[])[0:i.indnkeyatts - 1] as collations,
           (i.indoption::int2[])[0:i.indnkeyatts - 1] as options,
           coalesce(pg_get_expr(i.indpred, i.indrelid), '') as predicate,
           pg_get_indexdef(i.indexrelid) as definition
      from pg_index i
      join pg_class x on x.oid = i.indexrelid
      join pg_class t on t.oid = i.indrelid and not t.relispartition
     where t.relnamespace = 'public'::regnamespace
)
select narrow.indrelid::regclass::text as table_name, narrow.indexrelid::regclass::text as superfluous,
       wide.indexrelid::regclass::text as because_of
  from indexes narrow
  join indexes wide
    on wide.indrelid = narrow.indrelid
   and wide.indexrelid <> narrow.indexrelid
   and wide.relam = narrow.relam
   and wide.predicate = narrow.predicate
   and wide.width >= narrow.width
 where not narrow.indisunique
   and not narrow.expressions
   and wide.columns[1:narrow.width] = narrow.columns
   and wide.classes[1:narrow.width] = narrow.classes
   and wide.collations[1:narrow.width] = narrow.collations
   and (wide.options[1:narrow.width] = narrow.options
        or not exists (
            select
              from unnest(wide.options[1:narrow.width], narrow.options) as o (a, b)
             where o.a # o.b <> 3))
   -- Of two that are the same only one is named.
   and (wide.width > narrow.width or wide.indisunique or wide.indexrelid < narrow.indexrelid)
 order by 1, 2, 3;
