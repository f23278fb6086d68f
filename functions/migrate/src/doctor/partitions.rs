//! Whether tables that are cut by month have their months ahead.

use tokio_postgres::Client;

use super::Finding;

/// Months after the present one that exist, of the table that has the fewest.
const AHEAD: &str = "
    select p.table_name, p.months_ahead,
           coalesce((
               select max(to_date(right(c.relname, 7), 'YYYY_MM'))
                 from pg_inherits i
                 join pg_class c on c.oid = i.inhrelid
                where i.inhparent = to_regclass('public.' || quote_ident(p.table_name))
                  and c.relname ~ '_[0-9]{4}_[0-9]{2}$'),
               '-infinity'::date) as last
      from partition_policies p";

const SHORTAGE: &str = "
    select table_name, months_ahead,
           case when last = '-infinity' then 0
                else greatest(0, (extract(year from age(last, month)) * 12 + extract(month from age(last, month)))::int)
           end
      from (AHEAD) as a, date_trunc('month', now() at time zone 'UTC') as month
     order by 3, 1
     limit 1";

/// Fewer leave no time to notice that nobody makes them any more.
const FEW: i32 = 2;

pub(super) async fn examine(client: &Client) -> Finding {
    look(client).await.unwrap_or_else(|error| Finding::unknown("partitions", &error))
}

async fn look(client: &Client) -> Result<Finding, tokio_postgres::Error> {
    let row = client.query_typed_one("select to_regclass('partition_policies') is not null", &[]).await?;
    if !row.try_get::<_, bool>(0)? {
        return Ok(Finding::fine("partitions", "no table is cut by month"));
    }
    let Some(row) = client.query_typed_opt(&SHORTAGE.replace("AHEAD", AHEAD), &[]).await? else {
        return Ok(Finding::fine("partitions", "no table is cut by month"));
    };
    let (table, wanted, ahead): (String, i32, i32) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    let seen = format!("{table} has {ahead} of {wanted} months ahead, the fewest");
    Ok(if ahead < FEW.min(wanted) {
        let remedy =
            "run the schedule that makes them (select * from maintain_partitions(now())), and look why it stopped";
        Finding::trouble("partitions", "partition_shortage", seen, remedy)
    } else {
        Finding::fine("partitions", seen)
    })
}
