-- Refuses a request whose Idempotency-Key is known: it was used for another one, is in use, or its request is over.
create or replace function context.refuse_repetition(because text) returns void
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
begin
    case because
        when 'reused' then
            raise exception using
                errcode = 'RH422',
                message = 'this Idempotency-Key was used for another request',
                hint = 'Make a new key for each thing to be done once.';
        when 'in_progress' then
            raise exception using
                errcode = 'RH423',
                message = 'a request with this Idempotency-Key is under way',
                hint = 'Ask again in a moment, with the same key.';
        when 'replayed' then
            raise exception using
                errcode = 'RH424',
                message = 'a request with this Idempotency-Key has made its changes',
                hint = 'Read what there is now; a new key would do it again.';
    end case;
end
$$;
grant execute on function context.refuse_repetition(text) to rowhouse_definer;
comment on function context.refuse_repetition(text) is
    'Raises RH422 (reused), RH423 (in_progress) or RH424 (replayed) for an Idempotency-Key that is known.';
