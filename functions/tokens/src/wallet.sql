-- What the caller has now, regenerated, for a statement's `with`; what grew is written with its ledger entry in the same
-- statement. $1 kind and $2 hash of the credential, $3 now, $4 id of the entry that may be written.
wallet as (
    -- 900 s per token, whole intervals only; a full well does not grow, and one that fills up starts its clock anew.
    select c.user_id, b.balance, b.tier, t.well_capacity, b.total_earned, b.total_spent, b.total_refunded,
           b.transaction_count, b.last_regeneration, g.added,
           case
               when g.added = 0 then b.last_regeneration
               when b.balance + g.added = t.well_capacity then $3
               else b.last_regeneration + g.added * interval '900 seconds'
           end as clock
      from caller($1, $2, $3) c
      left join user_token_balances b on b.user_id = c.user_id
      left join tiers t on t.tier = b.tier
      cross join lateral (
          select greatest(0, least(
                     floor(extract(epoch from $3 - b.last_regeneration) / 900)::bigint,
                     t.well_capacity - b.balance)) as added
      ) g
),
due as (
    -- Locked, so that of two readers at once one writes; the other then finds the clock moved on and nothing due.
    select b.user_id, b.last_regeneration
      from wallet w
      join user_token_balances b on b.user_id = w.user_id and b.last_regeneration = w.last_regeneration and b.balance = w.balance
     where w.added > 0
       for update of b
),
grown as (
    update user_token_balances b
       set balance = b.balance + w.added,
           total_earned = b.total_earned + w.added,
           transaction_count = b.transaction_count + 1,
           last_regeneration = w.clock
      from due d
      join wallet w on w.user_id = d.user_id
     where b.user_id = d.user_id
    returning b.user_id, b.balance, b.transaction_count, w.added, d.last_regeneration
),
entry as (
    insert into token_transactions
        (user_id, entry_number, id, amount, type, source, event_key, balance_after, created_at)
    select user_id, transaction_count, $4, added, 'EARN_REGENERATION', 'auto_regeneration',
           'regeneration:' || (extract(epoch from last_regeneration) * 1000000)::bigint, balance, $3
      from grown
)
