import * as field from "../../fields.ts";

export const mfaToken = field.text(1, 200);
/** Six digits or a recovery code, with or without spaces and hyphens. */
export const code = field.text(1, 40);
