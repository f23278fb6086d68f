with own as (
    select c.oid, c.relname as name, c.relkind as kind, c.relowner as owner, c.relacl as acl,
           c.relrowsecurity as secured, c.relforcerowsecurity as secured_from_owner
      from pg_class c
     where c.relnamespace = 'public'::regnamespace
       and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'c')
       and c.relname not in ('schema_migrations', 'schema_migration_failures')
       and not exists (
           select from pg_depend d
            where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
       -- The months of a partitioned table come and go with time.
       and not exists (
           select from pg_inherits i
             join pg_class p on p.oid = i.inhparent and p.relkind = 'p'
            where i.inhrelid = c.oid
              and left(c.relname, length(p.relname)) = p.relname
              and substr(c.relname, length(p.relname) + 1) ~ '^_[0-9]{4}_[0-9]{2}$')
), routines as (
    select p.oid, format('%s(%s)', p.proname, pg_get_function_identity_arguments(p.oid)) as name, p.prokind as kind,
           p.proowner as owner, coalesce(p.proacl, acldefault('f', p.proowner)) as acl
      from pg_proc p
     where p.pronamespace = 'public'::regnamespace
       and not exists (
           select from pg_depend d
            where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
), types as (
    select t.oid, t.typname as name, t.typtype as kind, t.typowner as owner, t.typacl as acl, t.typbasetype as base,
           t.typtypmod as modifier, t.typnotnull as required, t.typdefault as standard
      from pg_type t
     where t.typnamespace = 'public'::regnamespace
       and t.typtype in ('d', 'e', 'r')
       and not exists (
           select from pg_depend d
            where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e')
)
select format('%s %s', case kind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence'
                                 when 'f' then 'foreign table' when 'c' then 'type' else 'table' end, name),
       concat_ws(', ', pg_get_partkeydef(oid), case when kind in ('v', 'm') then pg_get_viewdef(oid) end,
                 case when secured then 'row security' end, case when secured_from_owner then 'forced' end)
  from own
union all
select format('column %s.%s', o.name, a.attname),
       concat_ws(' ', format_type(a.atttypid, a.atttypmod), case when a.attnotnull then 'not null' end,
                 case when a.attcollation <> t.typcollation then 'collate ' || a.attcollation::regcollation::text end,
                 case when a.attidentity <> '' then 'identity ' || a.attidentity::text end,
                 case when a.attgenerated <> '' then 'generated' when d.oid is not null then 'default' end,
                 pg_get_expr(d.adbin, d.adrelid))
  from own o
  join pg_attribute a on a.attrelid = o.oid and a.attnum > 0 and not a.attisdropped and o.kind <> 'S'
  join pg_type t on t.oid = a.atttypid
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
union all
select format('constraint %s.%s', coalesce(o.name, t.name), c.conname), pg_get_constraintdef(c.oid)
  from pg_constraint c
  left join own o on o.oid = c.conrelid
  left join types t on t.oid = c.contypid
 where (o.oid is not null or t.oid is not null)
   and c.contype in ('c', 'f', 'p', 'u', 'x')
   and c.conparentid = 0
union all
select format('index %s', i.indexrelid::regclass),
       pg_get_indexdef(i.indexrelid) || case when i.indisvalid then '' else ' (invalid)' end
  from pg_index i
  join own o on o.oid = i.indrelid
 where not exists (select from pg_constraint c where c.conindid = i.indexrelid and c.contype in ('p', 'u', 'x'))
union all
select format('trigger %s.%s', o.name, t.tgname),
       pg_get_triggerdef(t.oid) || case t.tgenabled when 'O' then '' else ' (enabled: ' || t.tgenabled::text || ')' end
  from pg_trigger t
  join own o on o.oid = t.tgrelid
 where not t.tgisinternal and t.tgparentid = 0
union all
select format('policy %s.%s', o.name, p.polname),
       concat_ws(' ', p.polcmd, p.polpermissive, p.polroles::regrole[], pg_get_expr(p.polqual, p.polrelid),
                 pg_get_expr(p.polwithcheck, p.polrelid))
  from pg_policy p
  join own o on o.oid = p.polrelid
union all
select format('function %s', name), case when kind in ('f', 'p') then md5(pg_get_functiondef(oid)) else kind::text end
  from routines
union all
select format('%s %s', case kind when 'd' then 'domain' else 'type' end, name),
       case kind
           when 'd' then concat_ws(' ', format_type(base, modifier), case when required then 'not null' end,
                                   'default ' || standard)
           else (select string_agg(e.enumlabel, ', ' order by e.enumsortorder) from pg_enum e where e.enumtypid = types.oid)
       end
  from types
union all
select format('grant %s on %s to %s', lower(g.privilege_type), a.name,
              coalesce((select r.rolname from pg_roles r where r.oid = g.grantee), 'public')),
       case when g.is_grantable then 'with grant option' else '' end
  from (select name, owner, acl from own
         union all
        select format('%s.%s', o.name, c.attname), o.owner, c.attacl
          from own o
          join pg_attribute c on c.attrelid = o.oid and c.attacl is not null and not c.attisdropped
         union all
        select 'function ' || name, owner, acl from routines
         union all
        select 'type ' || name, owner, acl from types
         union all
        select 'schema ' || nspname, nspowner, nspacl from pg_namespace where nspname = 'public') as a,
       lateral aclexplode(a.acl) as g
 where g.grantee <> a.owner
union all
select format('comment on %s', a.name), d.description
  from (select 'pg_class'::regclass as class, oid, 0 as part, name::text as name from own
         union all
        select 'pg_class'::regclass, o.oid, c.attnum, format('%s.%s', o.name, c.attname)
          from own o
          join pg_attribute c on c.attrelid = o.oid and c.attnum > 0 and not c.attisdropped
         union all
        select 'pg_class'::regclass, i.indexrelid, 0, 'index ' || i.indexrelid::regclass::text
          from pg_index i
          join own o on o.oid = i.indrelid
         union all
        select 'pg_proc'::regclass, oid, 0, 'function ' || name from routines
         union all
        select 'pg_type'::regclass, oid, 0, 'type ' || name from types) as a
  join pg_description d on d.classoid = a.class and d.objoid = a.oid and d.objsubid = a.part
