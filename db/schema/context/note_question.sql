-- Draws a question into the caller's profile: an average in which each of the last fifty or so counts. Not where they
-- switched it off. With another model it begins anew: its embeddings compare with none of the one before.
--
-- Only of people who are signed in. What a program asks with a key tells nobody's taste, a guest is here once, and the
-- operator's support asks as somebody whose profile is none of its business.
set local role rowhouse_definer;
create or replace function context.note_question(embedding real[], model text) returns void
    language plpgsql volatile strict parallel unsafe security definer
    set search_path = ''
as $$
declare
    asked constant real[] := context.unit(embedding);
begin
    if context.kind_in(context.open_seal('chat')) <> 'session' then
        return;
    end if;
    insert into app.user_profiles as profile (tenant_id, user_id, questions, model, embedding)
    select context.tenant_requiring('chat'), context.user_id(), 1, note_question.model, asked
    where asked is not null
    on conflict (tenant_id, user_id) do update set
        questions = case when profile.model = excluded.model then profile.questions + 1 else 1 end,
        model = excluded.model,
        embedding = case
            when profile.model = excluded.model and cardinality(profile.embedding) = cardinality(excluded.embedding) then coalesce(
                context.unit(array(
                    select (pair.a * least(profile.questions, 49) + pair.b)::real
                    from unnest(profile.embedding, excluded.embedding) with ordinality as pair (a, b, place)
                    order by pair.place
                )), excluded.embedding)
            else excluded.embedding
        end,
        updated_at = now()
    where profile.enabled;
end
$$;
grant execute on function context.note_question(real[], text) to rowhouse_app;
comment on function context.note_question(real[], text) is
    'Draws a question of somebody who is signed in into their profile, unless they switched it off. Raises RH403.';
reset role;
