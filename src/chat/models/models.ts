import type { Caller } from "../../database/caller.ts";
import { askInDoor } from "../../database/door.ts";
import type { Embedded } from "../provider/embed.ts";
import type { TurnsParts } from "../turns/turns.ts";
import { embedForCaller, type TextsToEmbed } from "./embed_for_caller.ts";

/** What a caller may have of models beside an answer. */
export interface Models {
  /**
   * Those that they may name, the default first; always `extractive`.
   *
   * @throws {pg.DatabaseError} the door's refusals, RH403
   */
  offered(caller: Caller | undefined): Promise<readonly string[]>;
  /** @see embedForCaller */
  embed(caller: Caller | undefined, asked: TextsToEmbed): Promise<Embedded & { readonly model: string }>;
}

export function openModels(parts: TurnsParts): Models {
  const { app, model } = parts;
  return {
    async offered(caller) {
      const { rows } = await askInDoor(app, caller, {
        name: "offered_models",
        text: "select context.offered_models($1, $2) as models",
        values: [model?.name ?? null, model?.models ?? null],
      });
      return (rows[0] as { models: string[] }).models;
    },
    embed: (caller, asked) => embedForCaller(parts, caller, asked),
  };
}
