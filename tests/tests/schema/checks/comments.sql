-- Tables and domains that nobody has explained. No row: all is well.
select 'table' as kind, c.oid::regclass::text as name
  from pg_class c
 where c.relkind in ('r', 'p')
   and c.relnamespace = 'public'::regnamespace
   and not c.relispartition
   and coalesce(obj_description(c.oid, 'pg_class'), '') = ''
   and not exists (select from pg_depend d where d.objid = c.oid and d.classid = 'pg_class'::regclass and d.deptype = 'e')
union all
select 'domain', t.oid::regtype::text
  from pg_type t
 where t.typtype = 'd'
   and t.typnamespace = 'public'::regnamespace
   and coalesce(obj_description(t.oid, 'pg_type'), '') = ''
   and not exists (select from pg_depend d where d.objid = t.oid and d.classid = 'pg_type'::regclass and d.deptype = 'e')
 order by 1, 2;
