import { Parser } from "htmlparser2";
import { FileRefused } from "../file_refused.ts";
import { decodeText } from "./decode.ts";
import { asLanguage, asTitle } from "./readable.ts";
import type { Reading } from "./reading.ts";
import { TextWriter } from "./text_writer.ts";

/** What a browser shows otherwise than as text, or not at all. */
const UNREAD = new Set(
  "applet audio canvas datalist embed frameset iframe map math noembed noframes noscript object script select style svg template textarea video".split(
    " ",
  ),
);
const PARAGRAPHS = new Set(
  "address article aside blockquote details dl fieldset figure footer form header hr main nav ol p pre section table ul".split(
    " ",
  ),
);
const LINES = new Set("br caption dd div dt figcaption legend li summary tbody tfoot thead tr".split(" "));
/** Elements that hold nothing, so that none is hidden within them. */
const VOID = new Set("area base br col embed hr img input link meta source track wbr".split(" "));
/** No page that people read comes near it; behind it some parsers take quadratic time. */
const DEEPEST = 2_000;

export function readHtml(bytes: Uint8Array, most: number): Reading {
  return htmlToText(decodeText(bytes, "html"), most);
}

/** The text that a reader of the page sees. Of a link its words stay, of a picture what it says instead of itself. */
export function htmlToText(html: string, most: number): Reading {
  const writer = new TextWriter(most);
  const lists: { ordered: boolean; items: number }[] = [];
  /** Of each row that is open, how many cells it has so far. */
  const cells: number[] = [];
  let depth = 0;
  /** How deep the element stands whose content is not read. */
  let unread: number | null = null;
  let pre = 0;
  let inTitle = false;
  let title = "";
  let language: string | null = null;

  /** Within a list or a table, what would be a paragraph elsewhere is a line. */
  const block = (): void => (lists.length + cells.length > 0 ? writer.line() : writer.paragraph());

  const open = (name: string, attributes: Readonly<Record<string, string>>): void => {
    depth += 1;
    if (depth > DEEPEST)
      throw new FileRefused("file_too_costly", `Elements stand more than ${DEEPEST} deep.`);
    if (name === "html") language ??= asLanguage(attributes.lang);
    if (name === "title" && unread === null) inTitle = true;
    if (unread !== null) return;
    if ((UNREAD.has(name) || isHidden(attributes)) && !VOID.has(name)) {
      unread = depth;
      return;
    }
    const level = /^h([1-6])$/.exec(name)?.[1];
    if (level) writer.beginHeading(Number(level));
    if (PARAGRAPHS.has(name)) block();
    else if (LINES.has(name)) writer.line();
    if (name === "ul" || name === "ol") lists.push({ ordered: name === "ol", items: 0 });
    if (name === "li") writer.line(bullet(lists));
    if (name === "tr") cells.push(0);
    if (name === "td" || name === "th") {
      const before = cells.pop() ?? 0;
      cells.push(before + 1);
      writer.beginCell(before === 0);
    }
    if (name === "pre") pre += 1;
    if (name === "img" && attributes.alt && !isHidden(attributes)) writer.write(` ${attributes.alt} `);
  };

  const close = (name: string): void => {
    if (name === "title") inTitle = false;
    if (unread === null) {
      if (/^h[1-6]$/.test(name)) writer.endHeading();
      if (name === "ul" || name === "ol") lists.pop();
      if (name === "pre") pre -= 1;
      if (name === "td" || name === "th") writer.endCell();
      if (name === "tr") cells.pop();
      if (PARAGRAPHS.has(name)) block();
      else if (LINES.has(name)) writer.line(name === "li" || name === "tr" ? "" : undefined);
    } else if (unread === depth) unread = null;
    depth -= 1;
  };

  const parser = new Parser({
    onopentag: open,
    onclosetag: close,
    ontext: (text) => {
      if (inTitle) title += text.length + title.length > 10_000 ? "" : text;
      else if (unread === null) pre > 0 ? writer.writeAsIs(text) : writer.write(text);
    },
  });
  parser.end(html);
  const { text, headings, pages } = writer;
  return { text, headings, pages, title: asTitle(title), language };
}

function isHidden({ hidden, style }: Readonly<Record<string, string>>): boolean {
  return (
    hidden !== undefined ||
    (style !== undefined &&
      /(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|font-size\s*:\s*0(?![.\d]*[1-9])|opacity\s*:\s*0(?![.\d]*[1-9]))/i.test(
        style,
      ))
  );
}

/** `- ` or the number, further in for each list around it. */
function bullet(lists: readonly { ordered: boolean; items: number }[]): string {
  const list = lists.at(-1);
  if (!list) return "- ";
  list.items += 1;
  const indent = "  ".repeat(Math.min(lists.length, 10) - 1);
  return `${indent}${list.ordered ? `${list.items}. ` : "- "}`;
}
