-- Begins a turn: writes the question, makes room for the answer, holds what it may cost, and hands out everything that the
-- prompt needs, in one call. All of it or nothing: a turn that is refused has written nothing.
--
-- settlement:     sha256 of a secret that the server made for this turn; whoever knows it settles (auth.settle_turn)
-- conversation:   null: begins one, in `team` if given
-- content, parts: what is asked; null content: `parent`, a question, is to be answered again
-- parent:         what the question follows; null: the newest message, or nothing where `from_start`
-- keep:           false: no conversation and no message is written, for temporary chats and clients that keep their history
-- idempotency:    {key, request}, sha256 in hexadecimal: the same key and request again is the same turn, `replayed`. Where
--                 nothing is kept, one that did not come to a whole answer leaves its key free, and the answer is for the
--                 credential that asked
-- curated:        whether the company's own answer will do, if it has one to this question (context.curated_answer); then no provider is
--                 asked, and nothing is held. False where more is asked than a question: instructions, images, files
-- model:          the model that the caller asks for
-- installation_model: the one of the installation's own provider; null where it has none
-- installation_models: which others of it may be asked for
-- most_*_tokens:  what the provider is given at most, for the reservation
-- installation_embedding_model: the one that embeds questions where the company has no provider; null: none does
-- embeds:         texts are embedded, and nothing is answered
-- history_*:      how much of what was said before comes along
-- approvals:      [{id, approved, reason}]: no question, but the word of whoever asked on the calls that an answer waits with: it goes
--                 on, as an answer of this turn (context.decide_calls)
-- with_tools:     whether the tools of the company come along (context.offered_tools)
--
-- Where the question is embedded to find passages, that has a turn of its own (auth.turns.embeds_for), so that it is held in the
-- budgets of its own model, settled with the answer, and used up by nobody. Both are held or neither.
--
-- Raises RH403 chat, RH404, RH406, RH410, RH413, RH422, RH424, RH430, RH450, RH451, RH452; with approvals also RH400, RH460, RH461, RH462.
set local role rowhouse_definer;
create or replace function context.begin_turn(
    settlement bytea, conversation uuid default null, content text default null, parts jsonb default '[]',
    parent uuid default null, from_start boolean default false, team uuid default null, keep boolean default true,
    idempotency jsonb default null, model text default null, installation_model text default null,
    installation_models text[] default null, most_input_tokens integer default 32000, most_output_tokens integer default 4096,
    history_bytes integer default 24000, history_messages integer default 24,
    installation_embedding_model text default null, embeds boolean default false, curated boolean default true,
    approvals jsonb default null, with_tools boolean default false,
    out tenant_id uuid, out turn_id uuid, out replayed boolean, out conversation_id uuid, out question_id uuid,
    out answer_id uuid, out generator text, out answered_by text, out history jsonb, out asker jsonb, out provider jsonb,
    out held_micros bigint, out given jsonb, out tools jsonb, out continued jsonb
)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    body      constant text := context.open_seal('chat');
    person    constant uuid := context.user_in(body);
    own       constant uuid[] := context.teams_in(body);
    key       constant uuid := case context.kind_in(body) when 'api_key' then context.credential_in(body) end;
    wanted    constant bytea := decode(idempotency ->> 'key', 'hex');
    earlier   auth.turns;
    place     app.conversations;
    chosen    auth.model_providers;
    own_words app.curated_answers;
    price     bigint;
    budgets   uuid[];
    embedder  text;
    words     text;
    decided   jsonb;
    resumed   app.messages;
begin
    tenant_id := context.tenant_requiring('chat');
    if tenant_id is null then
        perform context.refuse('chat');
    end if;
    if context.kind_in(body) = 'support' and (context.detail_in(body) ->> 'writes')::boolean is not true then
        perform context.refuse_support();
    end if;

    -- A browser that lost the answer asks again while the first question is still being written: it waits for that.
    if wanted is not null then
        perform pg_advisory_xact_lock(hashtextextended(format('turn %s %s %s', tenant_id, person, idempotency ->> 'key'), 0));
        select * into earlier from auth.turns as known
        where known.tenant_id = begin_turn.tenant_id and known.user_id = person and known.idempotency_key = wanted;
        if found and earlier.answer_id is null and not keep
            and (earlier.lost_at is not null and earlier.settled_at is null or earlier.outcome <> 'complete')
            and earlier.request = decode(idempotency ->> 'request', 'hex')
        then
            update auth.turns as known set idempotency_key = null, request = null
            where known.tenant_id = earlier.tenant_id and known.id = earlier.id;
        elsif found then
            if earlier.request <> decode(idempotency ->> 'request', 'hex') then
                perform context.refuse_repetition('reused');
            end if;
            if earlier.answer_id is null and earlier.credential_id <> context.credential_in(body) then
                perform context.refuse_repetition('replayed');
            end if;
            turn_id := earlier.id;
            replayed := true;
            conversation_id := earlier.conversation_id;
            question_id := earlier.question_id;
            answer_id := earlier.answer_id;
            generator := earlier.generator;
            answered_by := earlier.model;
            held_micros := earlier.held_micros;
            return;
        end if;
    end if;

    turn_id := uuidv7();
    replayed := false;
    if approvals is not null and keep then
        select taken.answer, taken.decided into answer_id, decided
        from context.decide_calls(tenant_id, person, own, turn_id, conversation, approvals) as taken;
        select * into resumed from app.messages as said where said.tenant_id = begin_turn.tenant_id and said.id = begin_turn.answer_id;
        conversation := resumed.conversation_id;
        continued := jsonb_build_object('content', resumed.content, 'parts', resumed.parts, 'decided', decided);
        -- Whoever began an answer ends it.
        model := resumed.model;
    end if;
    asker := context.asker(tenant_id, person);
    select * into chosen from auth.model_providers as known where known.tenant_id = begin_turn.tenant_id and known.active;
    answered_by := context.choose_model(
        model, array(select jsonb_array_elements_text(asker -> 'models')), chosen, installation_model,
        installation_models);
    if curated and approvals is null then
        select * into own_words from context.curated_answer(
            tenant_id,
            coalesce(content, (
                select said.content from app.messages as said
                where said.tenant_id = begin_turn.tenant_id and said.id = begin_turn.parent and said.user_id = person
                    and said.role = 'user' and said.parts = '[]'
            )),
            person, 'read_documents' = any (context.permissions_in(body)), own);
        if own_words.id is not null then
            answered_by := 'curated';
            given := context.curated_in_words(own_words);
        end if;
    end if;
    generator := case when given is not null then 'curated' when answered_by = 'extractive' then 'extractive'
        when embeds then 'embedding' else 'model' end;
    if with_tools and given is null and answered_by <> 'extractive' then
        tools := context.offered_tools();
    end if;

    if keep then
        if conversation is null then
            if team is not null and team <> all (coalesce(own, '{}')) then
                perform context.refuse_missing('team');
            end if;
            insert into app.conversations (tenant_id, user_id, team_id) values (begin_turn.tenant_id, person, team)
            returning * into place;
        else
            select * into place from app.conversations as known
            where known.tenant_id = begin_turn.tenant_id and known.id = conversation and known.user_id = person
                and known.deleted_at is null and (known.team_id is null or known.team_id = any (own))
            for no key update;
            if not found then
                perform context.refuse_missing('conversation');
            end if;
        end if;
        conversation_id := place.id;
        if approvals is not null then
            if place.status = 'archived' then
                perform context.refuse_archived();
            end if;
            question_id := resumed.parent_id;
        else
            select asked.question, asked.answer into question_id, answer_id
            from context.ask(place, turn_id, content, parts, parent, from_start, generator, answered_by) as asked;
        end if;
        history := context.history_of(tenant_id, place.id, question_id, history_bytes, history_messages);
        if context.kind_in(body) = 'session' and (asker ->> 'remembers')::boolean then
            asker := jsonb_set(asker, '{memories}', to_jsonb(context.memories_of(tenant_id, person)));
        end if;
    else
        history := '[]';
    end if;

    -- Last, because a company's budget is where everybody waits for everybody.
    words := coalesce(content, history -> 0 ->> 'content');
    if given is null and not embeds and not app.is_blank(words) then
        embedder := case when chosen.id is null then installation_embedding_model else chosen.embedding_model end;
    end if;
    if embedder is not null then
        perform context.lock_budgets(tenant_id, place.team_id, person, key, array[answered_by, embedder]);
    end if;
    price := case when given is null then context.price_of(answered_by, most_input_tokens, 0, most_output_tokens, 0) else 0 end;
    budgets := context.reserve(tenant_id, place.team_id, person, key, answered_by, price);
    held_micros := case when budgets = '{}' then 0 else coalesce(price, 0) end;
    insert into auth.turns (
        tenant_id, id, user_id, conversation_id, team_id, question_id, answer_id, credential_kind, credential_id, settlement,
        idempotency_key, request, generator, model, held_micros, budgets
    ) values (
        begin_turn.tenant_id, turn_id, person, place.id, place.team_id, question_id, answer_id, context.kind_in(body), context.credential_in(body),
        sha256(settlement), wanted, decode(idempotency ->> 'request', 'hex'),
        begin_turn.generator, answered_by, begin_turn.held_micros, budgets
    );
    if embedder is not null then
        -- No token is shorter than a byte, and a text may have two marks of its own.
        price := context.price_of(embedder, octet_length(words) + 2, 0, 0, 0);
        budgets := context.reserve(tenant_id, place.team_id, person, key, embedder, price);
        insert into auth.turns (
            tenant_id, user_id, conversation_id, team_id, credential_kind, credential_id, settlement, generator, model, held_micros, budgets,
            lease_until, embeds_for
        ) values (
            begin_turn.tenant_id, person, place.id, place.team_id, context.kind_in(body), context.credential_in(body), sha256(settlement),
            'embedding', embedder, case when budgets = '{}' then 0 else coalesce(price, 0) end, budgets, 'infinity', turn_id
        );
    end if;
    provider := case when chosen.id is not null then jsonb_build_object(
        'id', chosen.id, 'baseUrl', chosen.base_url, 'sealedKey', chosen.sealed_key, 'systemPrompt', chosen.system_prompt,
        'embeddingModel', chosen.embedding_model) end;
end
$$;
grant execute on function context.begin_turn(
    bytea, uuid, text, jsonb, uuid, boolean, uuid, boolean, jsonb, text, text, text[], integer, integer, integer, integer, text, boolean, boolean, jsonb, boolean
) to rowhouse_app;
comment on function context.begin_turn(
    bytea, uuid, text, jsonb, uuid, boolean, uuid, boolean, jsonb, text, text, text[], integer, integer, integer, integer, text, boolean, boolean, jsonb, boolean
) is
    'Begins a turn of the chat in one call: question, room for the answer, history, who asks, provider and reservation. Raises RH400, RH403, RH404, RH406, RH410, RH413, RH422, RH424, RH430, RH450, RH451, RH452, RH460, RH461, RH462.';
reset role;
