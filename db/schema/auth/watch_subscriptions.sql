-- For which subscriptions that a process has open the answer may be another by now; asked once a second for all of them
-- together. It decides nothing: who is told that theirs may have changed asks their query again, through the door.
--
-- A mark stands for all that the door looks at when the credential is shown (who holds it, whether it still opens, what its
-- holder may do, in which teams they are) and for the version of the one row that is watched, in the credential's own
-- tenant. It says nothing but that: two marks are equal, or something changed.
--
-- credentials: sha256 of each secret, as for context.enter();  kinds: conversation or document;  ids: which one, or null
-- marks:       what was returned last, null at first
-- Returns only those whose mark is another now. place: from 1, as in the arrays.
--
-- Of a conversation, a message that is written moves its row, and one that is finished later, an answer, is known by its
-- turn: it is settled with it. A vacuum leaves a row's version (xmin) as it was.
--
-- It is planned once: to plan its joins anew each second takes longer than to run them for a hundred subscriptions.
set local role rowhouse_definer;
create or replace function auth.watch_subscriptions(credentials bytea[], kinds text[], ids uuid[], marks bigint[])
    returns table (place integer, mark bigint)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
    set plan_cache_mode = force_generic_plan
as $$
begin
    perform context.seal(context.body_of(
        row(null, null, null, null, null, null, null, false, '{}', null, false, false, null, null, null, '{} {}')::context.holder,
        '{"watches": true}'
    ));
    return query
    with asked as materialized (
        select * from unnest(credentials, kinds, ids, marks) with ordinality
            as given (credential, kind, id, known_mark, number)
    ), held as materialized (
        select shown.credential, found.tenant_id, found.state
        from (select distinct asked.credential from asked) as shown
        cross join lateral (
            select (known.holder).tenant_id, known.holder::text as state
            from context.session_holders as known where known.digest = sha256(shown.credential)
            union all
            select (known.holder).tenant_id, concat_ws(' ', known.holder, known.origins, known.addresses)
            from context.api_key_holders as known where known.digest = sha256(shown.credential)
            union all
            select (known.holder).tenant_id, concat_ws(' ', known.holder, known.writes)
            from context.support_holders as known where known.digest = sha256(shown.credential)
        ) as found
    )
    select asked.number::integer, present.mark
    from asked
    left join held on held.credential = asked.credential
    cross join lateral (
        select hashtextextended(concat_ws(' ', held.state, case asked.kind
            when 'conversation' then (
                select concat_ws(' ', known.xmin, (
                    select string_agg(concat_ws(' ', turn.id, turn.lost_at), ' ' order by turn.id)
                    from auth.turns as turn
                    where turn.tenant_id = known.tenant_id and turn.conversation_id = known.id and turn.settled_at is null
                ))
                from app.conversations as known
                where known.tenant_id = held.tenant_id and known.id = asked.id
            )
            when 'document' then (
                select known.xmin::text from app.documents as known
                where known.tenant_id = held.tenant_id and known.id = asked.id
            )
        end), 0) as mark
    ) as present
    where present.mark is distinct from asked.known_mark;
    perform set_config('rowhouse.context', '', true);
end
$$;
grant execute on function auth.watch_subscriptions(bytea[], text[], uuid[], bigint[]) to rowhouse_auth;
comment on function auth.watch_subscriptions(bytea[], text[], uuid[], bigint[]) is
    'Which of the subscriptions that a process has open are to be asked again, because their credential, its holder or the row that they watch is not as it was.';
reset role;
