-- What somebody said and nobody has read yet for what to remember of them, for whoever asks, and for nobody else in the next five
-- minutes. Only their own words: what a model answered or a document says is nothing that they told of themselves. A turn of its own
-- holds what reading may cost in their budgets and their company's; where those have no room, it is tried again in a day.
--
-- settlement:  a secret, for jobs.keep_memories() and jobs.fail_memories()
-- installation_*, most_*_tokens: as for context.begin_turn()
-- known:       what is remembered already
-- said:        what they said, the oldest first; the rest of it is the next claim's
-- Returns no row where nothing waits. Words of people who left, of suspended companies, of whom nothing is to be remembered and
-- of companies without a provider are passed over for good.
set local role rowhouse_definer;
create or replace function jobs.claim_memories(
    settlement bytea, installation_model text default null, installation_models text[] default null,
    most_input_tokens integer default 8000, most_output_tokens integer default 1000
)
    returns table (
        tenant uuid, person uuid, turn uuid, attempt integer, model text, provider jsonb, language text,
        known text[], said text[]
    )
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    mine    auth.memory_readings;
    newest  timestamptz;
    asker   jsonb;
    chosen  auth.model_providers;
    price   bigint;
    budgets uuid[];
begin
    loop
        select * into mine from auth.memory_readings as waiting
        where waiting.due_at <= now()
        order by waiting.due_at limit 1
        for no key update skip locked;
        if not found then
            return;
        end if;

        -- As the person: row security shows their own words, and nobody else's.
        perform context.act(mine.user_id, mine.tenant_id, '{}');
        asker := context.asker(mine.tenant_id, mine.user_id);
        said := null;
        if mine.tries < 5 and (asker ->> 'remembers')::boolean and exists (
            select from app.memberships as member
            join app.tenants as place on place.id = member.tenant_id
            where member.tenant_id = mine.tenant_id and member.user_id = mine.user_id
                and member.status = 'active' and place.status = 'active'
        ) then
            select array_agg(words.content order by words.created_at, words.id), max(words.created_at) into said, newest
            from (
                select message.id, message.created_at, left(message.content, 2000) as content,
                    sum(octet_length(left(message.content, 2000))) over (order by message.created_at, message.id) as reached
                from app.conversations as conversation
                join app.messages as message
                    on message.tenant_id = conversation.tenant_id and message.user_id = conversation.user_id
                    and message.conversation_id = conversation.id
                where conversation.tenant_id = mine.tenant_id and conversation.user_id = mine.user_id
                    and conversation.deleted_at is null
                    and conversation.updated_at > coalesce(mine.read_until, '-infinity')
                    and message.role = 'user' and message.created_at > coalesce(mine.read_until, '-infinity')
            ) as words
            where words.reached <= 16000;
        end if;
        select * into chosen from auth.model_providers as one where one.tenant_id = mine.tenant_id and one.active;
        model := context.choose_model(
            null, array(select jsonb_array_elements_text(asker -> 'models')), chosen, installation_model, installation_models);
        if said is null or model = 'extractive' then
            update auth.memory_readings as one set due_at = null, tries = 0, read_until = now()
            where one.tenant_id = mine.tenant_id and one.user_id = mine.user_id;
            continue;
        end if;

        price := context.price_of(model, most_input_tokens, 0, most_output_tokens, 0);
        begin
            budgets := context.reserve(mine.tenant_id, null, mine.user_id, null, model, price);
        exception when sqlstate 'RH450' or sqlstate 'RH451' then
            update auth.memory_readings as one set due_at = now() + interval '1 day'
            where one.tenant_id = mine.tenant_id and one.user_id = mine.user_id;
            continue;
        end;
        turn := uuidv7();
        insert into auth.turns (
            tenant_id, id, user_id, credential_kind, credential_id, settlement, generator, model, held_micros, budgets, lease_until
        ) values (
            mine.tenant_id, turn, mine.user_id, 'job', mine.user_id, sha256(settlement), 'memory', model,
            case when budgets = '{}' then 0 else coalesce(price, 0) end, budgets, now() + interval '5 minutes'
        );
        update auth.memory_readings as one
        set due_at = now() + interval '5 minutes', claimed_until = newest, attempt = one.attempt + 1, tries = one.tries + 1
        where one.tenant_id = mine.tenant_id and one.user_id = mine.user_id
        returning one.attempt into attempt;
        tenant := mine.tenant_id;
        person := mine.user_id;
        language := asker ->> 'language';
        known := context.memories_of(mine.tenant_id, mine.user_id);
        provider := case when chosen.id is not null then jsonb_build_object(
            'id', chosen.id, 'baseUrl', chosen.base_url, 'sealedKey', chosen.sealed_key) end;
        return next;
        return;
    end loop;
end
$$;
grant execute on function jobs.claim_memories(bytea, text, text[], integer, integer) to rowhouse_worker;
comment on function jobs.claim_memories(bytea, text, text[], integer, integer) is
    'What somebody said and nobody has read yet for what to remember of them, with the provider that reads it; holds what that may cost.';
reset role;
