-- The one refusal of what a hold stops.
create or replace function audit.refuse_held(hold uuid) returns void
    language plpgsql volatile parallel safe security invoker
    set search_path = ''
as $$
begin
    raise exception using
        errcode = 'RH490',
        message = 'this is kept as it is, because a legal hold stands over it',
        detail = hold::text,
        hint = 'The operator releases it: "rowhouse audit hold release".';
end
$$;
grant execute on function audit.refuse_held(uuid) to rowhouse_definer;
comment on function audit.refuse_held(uuid) is 'Raises RH490, with the hold that is in the way.';
