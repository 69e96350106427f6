/** What an authenticator keeps of whose passkey it is: the 16 bytes of the person's id, and nothing that tells who that is. */
export function handleOf(person: string): Buffer {
  return Buffer.from(person.replaceAll("-", ""), "hex");
}
