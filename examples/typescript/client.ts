import {
  ConversationMessagesDocument,
  MyConversationsDocument,
  SetToneDocument,
  TrailDocument,
  type TypedDocumentString,
} from "./generated/graphql";

/** One request to the API; the answer has the type of its document. */
export async function ask<Data, Variables>(
  api: { readonly url: string; readonly accessToken: string },
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  const response = await fetch(`${api.url}/graphql`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${api.accessToken}` },
    body: JSON.stringify({ query: document.toString(), variables }),
  });
  const { data, errors } = (await response.json()) as {
    data?: Data;
    errors?: { message: string; extensions: { code: string } }[];
  };
  if (errors?.[0]) throw new Error(`${errors[0].extensions.code}: ${errors[0].message}`);
  if (!data) throw new Error(`an answer without data: ${response.status}`);
  return data;
}

/** What a sidebar shows: the conversations that moved last, and when. */
export async function sidebar(api: Parameters<typeof ask>[0], after: string | null = null) {
  const { myConversations } = await ask(api, MyConversationsDocument, { after });
  return (myConversations?.nodes ?? []).map(({ id, title, status, updatedAt }) => ({
    id,
    label: status === "ARCHIVED" ? `${title} (archived)` : title,
    moved: new Date(updatedAt),
  }));
}

/** The last of what was said, oldest first. */
export async function transcript(api: Parameters<typeof ask>[0], id: string): Promise<string[]> {
  const { conversation } = await ask(api, ConversationMessagesDocument, { id });
  return (conversation?.messages.nodes ?? []).map(
    ({ role, content }) => `${role === "USER" ? "me" : "machine"}: ${content}`,
  );
}

export async function speakBriefly(api: Parameters<typeof ask>[0]): Promise<string | undefined> {
  const { setMyPreferences } = await ask(api, SetToneDocument, { tone: "CONCISE" });
  return setMyPreferences?.preferences?.tone ?? undefined;
}

/** Who did what, newest first. */
export async function trail(api: Parameters<typeof ask>[0], action: string): Promise<string[]> {
  const { auditEvents } = await ask(api, TrailDocument, {
    first: 20,
    filter: { action: { equalTo: action } },
  });
  return (auditEvents?.nodes ?? []).map(
    ({ at, actor, actorKind }) => `${at} ${actor?.displayName ?? actorKind}`,
  );
}
