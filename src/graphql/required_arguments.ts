/** What has to be given, by the type of the input. PostgreSQL does not say so of a function's arguments. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  AddDomainInput: ["domain", "roleId"],
  DiscardConversationInput: ["id"],
  InviteMemberInput: ["email", "roleId"],
  LeaveTeamInput: ["teamId"],
  ReactivateMemberInput: ["id"],
  RemoveMemberInput: ["id"],
  ResendInvitationInput: ["id"],
  RestoreConversationInput: ["id"],
  RevokeInvitationInput: ["id"],
  ShareConversationInput: ["id"],
  SuspendMemberInput: ["id"],
  TransferOwnershipInput: ["id"],
  VerifyDomainInput: ["id"],
};

/** What is searched for. */
const SEARCHES: Readonly<Record<string, string>> = {
  searchConversations:
    "Words of the title or of what was said; quotation marks, `or` and a minus work as in a search engine.",
  searchMembers: "Part of a name; for who manages users, or of an e-mail address. Case does not matter.",
};

/** What is asked of a function that need not have an answer: without one it is null, and no row that is missing. */
const QUESTIONS: Readonly<Record<string, string>> = {
  curatedAnswerFor: "A question, as somebody would ask it.",
};

/** What functions are asked that answer with one thing, by their arguments; all of them have to be given. */
const ASKED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  auditProof: { eventId: "The event's key." },
  auditConsistency: {
    older: "The size that an earlier checkpoint says.",
    newer: "The size that a later one says.",
  },
};

/** Arguments that are no column of the row that comes back, whose comment would say what they are. */
const SAYS: Readonly<Record<string, string>> = {
  days: "For how many days it is good: 1 to 30, and 7 unless it is said.",
  ledTeamIds: "The teams that they come to lead.",
  roleId: "Only those with this role.",
  status: "Only those of this status.",
  teamId: "Only those in this team.",
  teamIds: "The teams that they come into as a member.",
};

/** Says of the arguments of functions which must be given, and what those are that no column describes. */
export const RequiredArgumentsPlugin: GraphileConfig.Plugin = {
  name: "RequiredArgumentsPlugin",
  version: "1.0.0",
  schema: {
    hooks: {
      GraphQLInputObjectType_fields_field(field, { graphql: { GraphQLNonNull, isNullableType } }, context) {
        const { fieldName } = context.scope;
        const required = REQUIRED[context.Self.name];
        if (!required) return field;
        const description = field.description ?? SAYS[fieldName];
        const { type } = field;
        return required.includes(fieldName) && isNullableType(type)
          ? { ...field, description, type: new GraphQLNonNull(type) }
          : { ...field, description };
      },
      GraphQLObjectType_fields_field_args(args, { graphql: { GraphQLNonNull, isNullableType } }, { scope }) {
        const question = QUESTIONS[scope.fieldName];
        if (question && args.question)
          return { ...args, question: { ...args.question, description: question } };
        const asked = ASKED[scope.fieldName];
        if (asked) {
          return Object.fromEntries(
            Object.entries(args).map(([name, arg]) => [
              name,
              {
                ...arg,
                description: asked[name],
                type: isNullableType(arg.type) ? new GraphQLNonNull(arg.type) : arg.type,
              },
            ]),
          );
        }
        const search = SEARCHES[scope.fieldName];
        if (!search) return args;
        return Object.fromEntries(
          Object.entries(args).map(([name, arg]) => [
            name,
            {
              ...arg,
              description: name === "search" ? search : SAYS[name],
              type: name === "search" && isNullableType(arg.type) ? new GraphQLNonNull(arg.type) : arg.type,
            },
          ]),
        );
      },
    },
  },
};
