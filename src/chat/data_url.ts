/** What a `data:` URL of this media type holds, in base64; null where it is none. */
export function dataOf(mediaType: string, url: string): string | null {
  const start = `data:${mediaType};base64,`;
  const data = url.slice(start.length);
  return url.startsWith(start) && data.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(data) ? data : null;
}
