-- Whether somebody may be told an answer, by what it rests on: every document of which it was given passages is theirs to read, and a curated
-- answer too. An answer of which nobody knows what it rests on is nobody else's.
--
-- me, readable, teams: as the seal says of them (context.reaches)
set local role rowhouse_definer;
create or replace function context.may_be_told(provenance jsonb, tenant uuid, me uuid, readable boolean, teams uuid[]) returns boolean
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select coalesce(jsonb_typeof(provenance -> 'sources') = 'array', false)
        and case
            when provenance -> 'curated' is null then true
            when provenance #>> '{curated,teamId}' is null then readable
            else (provenance #>> '{curated,teamId}')::uuid = any (teams) and readable
        end
        and not exists (
            select from jsonb_array_elements(provenance -> 'sources') as source
            where not exists (
                select from app.documents as document
                where document.tenant_id = tenant and document.id = (source ->> 'documentId')::uuid
                    and context.reaches(document.visibility, document.team_id, document.user_id, me, readable,
                        case when readable then teams end, true)
            )
        )
$$;
comment on function context.may_be_told(jsonb, uuid, uuid, boolean, uuid[]) is
    'Whether somebody with these teams and permissions may read all that an answer rests on.';
reset role;
