-- How the database goes about one of the functions' own statements, for whoever looks why it is slow.

-- The next statement adds it again, wider. What is read again are audit entries, of which there are few.
-- squawk-ignore ban-drop-constraint
alter domain audit_action drop constraint audit_action_known;
alter domain audit_action
    -- squawk-ignore ban-alter-domain-with-add-constraint
    add constraint audit_action_known check (value in (
        'ROLE_CHANGE', 'TOKEN_ADJUSTMENT', 'VOUCHER_CREATE', 'VOUCHER_UPDATE', 'VOUCHER_DELETE', 'USER_DELETE',
        'USER_CREATE', 'PASSWORD_SET', 'ADMIN_LOGIN', 'USER_LOGIN', 'USER_LOGOUT', 'LOGIN_FAILED', 'SESSION_REFRESH',
        'WORKSPACE_CREATE', 'WORKSPACE_UPDATE', 'WORKSPACE_DELETE', 'WORKSPACE_MEMBER_ADD', 'WORKSPACE_MEMBER_REMOVE',
        'WORKSPACE_SETTINGS_CHANGE', 'CONTENT_CREATE', 'CONTENT_UPDATE', 'CONTENT_DELETE', 'CONTENT_PUBLISH',
        'CONTENT_UNPUBLISH', 'CONTENT_SCHEDULE', 'AI_GENERATION_REQUEST', 'AI_GENERATION_COMPLETE', 'AI_APPROVAL',
        'AI_REJECTION', 'AI_FEEDBACK', 'INTEGRATION_CONNECT', 'INTEGRATION_DISCONNECT', 'INTEGRATION_SYNC',
        'DATA_EXPORT', 'DATA_IMPORT', 'DATA_RECOVER', 'RELAY_DRAFT_CREATE', 'RELAY_DRAFT_APPROVE', 'RELAY_DRAFT_REJECT',
        'RELAY_DRAFT_EDIT', 'RELAY_DRAFT_SEND',
        'CAMPAIGN_LINK_CHANGE', 'PRODUCT_CREATE', 'PRODUCT_UPDATE', 'ORDER_CANCEL', 'ORDER_REFUND', 'ORDER_RESUBMIT',
        'ERROR_LOG_CLEAR', 'TRACKED_URL_CHANGE', 'MAIL_TEST', 'EVENT_REPLAY', 'JOB_CLEANUP', 'QUERY_CANCEL',
        'QUERY_EXPLAIN', 'MAINTENANCE_CHANGE', 'INCIDENT_CHANGE', 'BACKUP_START', 'BACKUP_RESTORE'));

-- Whoever calls it sees in pg_stat_statements the statements of their own role, and plans them with that role's rights. So the
-- list of what may be explained is what the functions have run, and no SQL comes from outside.
--
-- Nothing is executed: EXPLAIN without ANALYZE, and a plan for any values, since the counted text has none. It needs the
-- prepared statement's name for this call alone: gone when it ends, also when it fails, so that nobody meets it in a pool.
-- search_path is the caller's: names have to mean what they mean to the statement, and the extension may be in any schema.
create function explain_statement(wanted bigint)
returns table (statement text, plan text, problem text)
language plpgsql
set plan_cache_mode = force_generic_plan
as $$
declare
    preparable text;
    arguments text;
    line text;
begin
    begin
        select s.query into statement
          from pg_stat_statements s
         where s.queryid = wanted
           and s.userid = (select oid from pg_roles where rolname = current_user)
           and s.dbid = (select oid from pg_database where datname = current_database())
           and s.toplevel
           and s.query ~* '^\s*(select|with|insert|update|delete)\y';
    exception
        when undefined_table or object_not_in_prerequisite_state then
            problem := 'statements are not counted';
            return next;
            return;
    end;
    if statement is null then
        return;
    end if;
    -- Counted texts have $n for each constant, also where only a constant may be, which seldom matters to a plan; and a moment
    -- less an interval is taken for two intervals where nothing says what the moment is.
    preparable := regexp_replace(
        statement, '\y(interval|timestamptz|timestamp|date|time|jsonb|json)\s+(\$\d+)', '\2::\1', 'gi');
    preparable := regexp_replace(preparable, '\yextract\((\$\d+) from\y', 'pg_catalog."extract"(\1,', 'gi');
    preparable := regexp_replace(preparable, '(\$\d+)(\s*[-+]\s*)(?=\$\d+::interval)', '\1::timestamptz\2', 'gi');
    begin
        if exists (select from pg_prepared_statements where name = 'explained') then
            deallocate explained;
        end if;
        execute 'prepare explained as ' || preparable;
        select ' (' || string_agg('null', ', ') || ')' into arguments
          from pg_prepared_statements p, unnest(p.parameter_types)
         where p.name = 'explained';
        for line in execute 'explain execute explained' || coalesce(arguments, '') loop
            plan := concat_ws(E'\n', plan, line);
        end loop;
        deallocate explained;
    exception
        -- Also when it is cancelled: a prepared statement outlives the transaction.
        when query_canceled or others then
            if exists (select from pg_prepared_statements where name = 'explained') then
                deallocate explained;
            end if;
            if sqlstate = '57014' then
                raise;
            end if;
            plan := null;
            problem := sqlerrm;
    end;
    return next;
end
$$;
comment on function explain_statement(bigint) is
    'The plan of a statement that the calling role has run, by its id in pg_stat_statements, for any values; nothing is executed. No row: there is none.';
revoke execute on function explain_statement(bigint) from public;
grant execute on function explain_statement(bigint) to spike_app;
