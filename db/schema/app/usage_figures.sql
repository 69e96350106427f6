-- A line of the analytics.
do $$
begin
    if to_regtype('app.usage_figures') is null then
        create type app.usage_figures as (
            day                 date,
            model               text,
            user_id             uuid,
            team_id             uuid,
            api_key_id          uuid,
            turns               integer,
            stopped             integer,
            failed              integer,
            active_users        integer,
            input_tokens        bigint,
            cached_input_tokens bigint,
            output_tokens       bigint,
            reasoning_tokens    bigint,
            cost_micros         bigint,
            unpriced            integer,
            thumbs_up           integer,
            thumbs_down         integer,
            first_token_p50     integer,
            first_token_p95     integer,
            total_p50           integer,
            total_p95           integer
        );
    end if;
end
$$;
comment on type app.usage_figures is 'What turns of some days took and cost, added up. Figures, never what was said.';
comment on column app.usage_figures.day is 'The day (UTC), where it is asked per day.';
comment on column app.usage_figures.model is 'The model, or extractive, where it is asked per model.';
comment on column app.usage_figures.user_id is 'Who asked, where it is asked per user; the key, where it is the company''s own.';
comment on column app.usage_figures.team_id is 'The team, where it is asked per team; null for conversations of no team.';
comment on column app.usage_figures.api_key_id is 'The API key, where it is asked per key; null for what was asked without one.';
comment on column app.usage_figures.turns is 'Turns that are over: a question and its answer each.';
comment on column app.usage_figures.stopped is 'Those of them that somebody stopped.';
comment on column app.usage_figures.failed is 'Those of them that ended by a fault.';
comment on column app.usage_figures.active_users is 'How many people asked, and keys that are the company''s own.';
comment on column app.usage_figures.input_tokens is 'Tokens of input, cached ones too.';
comment on column app.usage_figures.cached_input_tokens is 'Those of them that the provider had from before.';
comment on column app.usage_figures.output_tokens is 'Tokens of output, reasoning too.';
comment on column app.usage_figures.reasoning_tokens is 'Those of them that were reasoning.';
comment on column app.usage_figures.cost_micros is 'What they cost, in millionths of the installation''s currency, but for the unpriced.';
comment on column app.usage_figures.unpriced is 'Turns whose price nobody knew.';
comment on column app.usage_figures.thumbs_up is 'Answers that somebody liked, each liking counted.';
comment on column app.usage_figures.thumbs_down is 'Answers that somebody disliked.';
comment on column app.usage_figures.first_token_p50 is 'Milliseconds within which half of them said their first words; rounded up, by 42% at most.';
comment on column app.usage_figures.first_token_p95 is 'Milliseconds within which 95 of a hundred did.';
comment on column app.usage_figures.total_p50 is 'Milliseconds within which half of them were over; rounded up, by 42% at most.';
comment on column app.usage_figures.total_p95 is 'Milliseconds within which 95 of a hundred were.';
