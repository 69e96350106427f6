-- What is sealed stays: leaves, tiles and checkpoints are added to and not rewritten. The only changes are those that sealing,
-- signing, erasing and expiring make.
create or replace function audit.guard_sealed() returns trigger
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    -- What every change leaves as it was, beside the columns that this table may change.
    stays   constant boolean := to_jsonb(new) - string_to_array(tg_argv[0], ',') = to_jsonb(old) - string_to_array(tg_argv[0], ',');
    allowed boolean := false;
begin
    if tg_table_name = 'tiles' then
        allowed := audit.at_work('sealing') and substr(new.hashes, 1, length(old.hashes)) = old.hashes;
    elsif tg_table_name = 'trees' then
        allowed := new.size >= old.size and new.signed_size >= old.signed_size
            and new.anchored_size >= old.anchored_size and (new.size = old.size or audit.at_work('sealing'))
            and new.expired_size >= old.expired_size and new.removed_size >= old.removed_size
            and ((new.expired_size, new.removed_size, new.expiry_event) is not distinct from (old.expired_size, old.removed_size, old.expiry_event)
                or audit.at_work('expiring'));
    elsif tg_table_name = 'leaves' then
        allowed := audit.at_work('erasing') and new.salt is null;
    elsif tg_table_name = 'commitments' then
        allowed := audit.at_work('erasing') and old.salt is not null and new.salt is null;
    elsif tg_table_name = 'checkpoints' then
        allowed := new.cosignatures @> old.cosignatures;
    end if;
    if not stays or not allowed then
        raise exception using
            errcode = 'RH405',
            message = format('%s of audit.%s is refused: what is sealed stays as it is', tg_op, tg_table_name);
    end if;
    return new;
end
$$;
comment on function audit.guard_sealed() is
    'Trigger: refuses to rewrite leaves, tiles and checkpoints of the sealed trail (RH405); its argument names the columns that may change.';
