-- The policies that tenancy.apply() makes, and made in earlier versions: what it may drop.
create or replace function tenancy.policy_names() returns text[]
    language sql immutable parallel safe security invoker
    set search_path = ''
as $$
    select array[
        'nothing crosses the wall', 'members read', 'holders of the permission read', 'people read their own rows',
        'holders of the permission add', 'holders of the permission change', 'holders of the permission remove',
        'people add rows of their own', 'people change their own rows', 'people remove their own rows',
        'the desk explains one row, the erasure finds a tenant''s',
        'the erasure finds what its tenant owns', 'an erased tenant takes along what it owns'
    ]
$$;
comment on function tenancy.policy_names() is 'The names of the policies that tenancy.protect() makes.';
