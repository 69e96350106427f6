import { deflateSync } from "node:zlib";
import PDFDocument from "pdfkit";

/** A PDF of another program's making (pdfkit), drawn by the test. */
export function pdf(
  draw: (document: PDFKit.PDFDocument) => void,
  options: PDFKit.PDFDocumentOptions = {},
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const document = new PDFDocument(options);
    const pieces: Buffer[] = [];
    document.on("data", (piece: Buffer) => pieces.push(piece));
    document.on("end", () => resolve(Buffer.concat(pieces)));
    document.on("error", reject);
    draw(document);
    document.end();
  });
}

/** A PDF by hand: its objects from number 1, the first being the catalog, as they are. */
export function rawPdf(objects: readonly (string | Buffer)[]): Buffer {
  const parts = [Buffer.from("%PDF-1.7\n")];
  const places: number[] = [];
  let at = parts[0]!.length;
  for (const [place, object] of objects.entries()) {
    places.push(at);
    const part = Buffer.concat([
      Buffer.from(`${place + 1} 0 obj\n`),
      Buffer.from(object as Buffer),
      Buffer.from("\nendobj\n"),
    ]);
    parts.push(part);
    at += part.length;
  }
  const table = places.map((place) => `${String(place).padStart(10, "0")} 00000 n \n`).join("");
  parts.push(
    Buffer.from(
      `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${at}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(parts);
}

/** One page whose content is this stream, packed as often as asked. */
export function pdfOfStream(content: Uint8Array, filters = 1): Buffer {
  let packed = Buffer.from(content);
  for (let n = 0; n < filters; n++) packed = deflateSync(packed, { level: 9 });
  const filter = filters > 0 ? `/Filter [${"/FlateDecode ".repeat(filters)}]` : "";
  return rawPdf([
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
    Buffer.concat([
      Buffer.from(`<< /Length ${packed.length} ${filter} >>\nstream\n`),
      packed,
      Buffer.from("\nendstream"),
    ]),
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ]);
}
