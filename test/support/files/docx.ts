import { type ZipEntry, zip } from "./zip.ts";

const TYPES = "application/vnd.openxmlformats-officedocument.wordprocessingml";
const WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

export interface DocxParts {
  /** Content of `w:body`. */
  readonly body: string;
  readonly title?: string;
  readonly language?: string;
  /** In place of document.xml. */
  readonly document?: string;
  readonly more?: readonly ZipEntry[];
  /** What the headers of document.xml say of its size. */
  readonly size?: number;
  readonly isEncrypted?: boolean;
}

/** A document as Word writes it, with only what it cannot do without. */
export function docx({ body, title = "", language = "en-GB", more = [], ...rest }: DocxParts): Buffer {
  const document = rest.document ?? `<w:document xmlns:w="${WORD}"><w:body>${body}</w:body></w:document>`;
  return zip([
    {
      name: "[Content_Types].xml",
      content: `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
        <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
        <Override PartName="/word/document.xml" ContentType="${TYPES}.document.main+xml"/>
        <Override PartName="/word/styles.xml" ContentType="${TYPES}.styles+xml"/></Types>`,
    },
    {
      name: "_rels/.rels",
      content: `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
        <Relationship Id="r1" Type="${RELATIONSHIPS}/officeDocument" Target="word/document.xml"/></Relationships>`,
    },
    {
      name: "word/_rels/document.xml.rels",
      content: `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
        <Relationship Id="r1" Type="${RELATIONSHIPS}/styles" Target="styles.xml"/></Relationships>`,
    },
    {
      name: "word/styles.xml",
      content: `<w:styles xmlns:w="${WORD}"><w:docDefaults><w:rPrDefault><w:rPr><w:lang w:val="${language}"/></w:rPr></w:rPrDefault></w:docDefaults>
        ${[1, 2].map((n) => `<w:style w:type="paragraph" w:styleId="Heading${n}"><w:name w:val="heading ${n}"/></w:style>`).join("")}
      </w:styles>`,
    },
    {
      name: "docProps/core.xml",
      content: `<coreProperties xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>${title}</dc:title></coreProperties>`,
    },
    { name: "word/document.xml", content: document, size: rest.size, isEncrypted: rest.isEncrypted },
    ...more,
  ]);
}

export function paragraph(text: string, style = ""): string {
  const properties = style && `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>`;
  return `<w:p>${properties}<w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`;
}

export function tableOf(rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[]): string =>
    row.map((cell) => `<w:tc>${paragraph(cell)}</w:tc>`).join("");
  return `<w:tbl>${rows.map((row) => `<w:tr>${cells(row)}</w:tr>`).join("")}</w:tbl>`;
}
