create or replace function context.refuse_support() returns void
    language plpgsql immutable parallel safe security invoker
    set search_path = ''
as $$
begin
    raise exception using
        errcode = 'RH413',
        message = 'support looks at this company and changes nothing';
end
$$;
grant execute on function context.refuse_support() to rowhouse_definer;
comment on function context.refuse_support() is 'Raises RH413: this access for support may not write.';
