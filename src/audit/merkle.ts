import { hash } from "node:crypto";

const NODE = Buffer.of(1);

/** The hash over two subtrees (RFC 6962 section 2.1). */
export function nodeHash(left: Buffer, right: Buffer): Buffer {
  return hash("sha256", Buffer.concat([NODE, left, right]), "buffer");
}

/** A Merkle tree that only its size and right edge are kept of: appending n leaves takes n hashes, and the root a few. */
export interface GrowingTree {
  readonly size: number;
  append(leaf: Buffer): void;
  /** @throws where there is no leaf */
  root(): Buffer;
}

export function growingTree(): GrowingTree {
  // The whole subtrees that the size is made of, the largest first: one for each bit of it.
  const edge: Buffer[] = [];
  let size = 0;
  return {
    get size() {
      return size;
    },
    append(leaf) {
      let risen = leaf;
      for (let bits = size; bits % 2 === 1; bits = Math.floor(bits / 2)) risen = nodeHash(edge.pop()!, risen);
      edge.push(risen);
      size += 1;
    },
    root: () => edge.reduceRight((right, left) => nodeHash(left, right)),
  };
}

/** The root over hashes of one height: those of a tile, or of all leaves. */
export function rootOf(hashes: Iterable<Buffer>): Buffer {
  const tree = growingTree();
  for (const one of hashes) tree.append(one);
  return tree.root();
}

/** Whether a path leads from a leaf to the root (RFC 9162 section 2.1.3.2). */
export function provesInclusion(given: {
  readonly leaf: Buffer;
  readonly index: number;
  readonly size: number;
  readonly root: Buffer;
  readonly path: readonly Buffer[];
}): boolean {
  if (given.index < 0 || given.index >= given.size) return false;
  let [node, last, hash] = [given.index, given.size - 1, given.leaf];
  for (const sibling of given.path) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
    } else hash = nodeHash(hash, sibling);
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 && hash.equals(given.root);
}

/** Whether a path shows that the smaller tree is the beginning of the larger (RFC 9162 section 2.1.4.2). */
export function provesConsistency(given: {
  readonly older: { readonly size: number; readonly root: Buffer };
  readonly newer: { readonly size: number; readonly root: Buffer };
  readonly path: readonly Buffer[];
}): boolean {
  const { older, newer } = given;
  if (older.size < 1 || older.size > newer.size) return false;
  if (older.size === newer.size) return given.path.length === 0 && older.root.equals(newer.root);
  // Where the older tree is one whole subtree, its root is where the path begins.
  const path = Number.isInteger(Math.log2(older.size)) ? [older.root, ...given.path] : [...given.path];
  let [node, last] = [older.size - 1, newer.size - 1];
  while (node % 2 === 1) [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  const first = path.shift();
  if (!first) return false;
  let [smaller, larger] = [first, first];
  for (const sibling of path) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      smaller = nodeHash(sibling, smaller);
      larger = nodeHash(sibling, larger);
      while (node % 2 === 0 && node !== 0) [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
    } else larger = nodeHash(larger, sibling);
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 && smaller.equals(older.root) && larger.equals(newer.root);
}
