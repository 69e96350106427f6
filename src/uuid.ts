const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a text is written as the database writes a UUID (RFC 9562 section 4), in small letters or large. */
export const isUuid = (text: string): boolean => UUID.test(text);
