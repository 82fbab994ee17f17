// Builds static/dist: bundles named by their content, an icon sprite, and manifest.json that maps plain names to them.
//   node static/build.mjs [--watch]
import { build, context } from "esbuild";
import { transform } from "lightningcss";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.dirname(here);
const source = path.join(here, "src");
const out = path.join(here, "dist");
const require = createRequire(import.meta.url);

// WeChat's and the phones' own browsers lag two to three years behind; esbuild lowers what these do not know.
const target = ["es2022", "chrome109", "safari15.4", "firefox115"];

async function filesUnder(folder, ends) {
  const found = [];
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile() && ends.some((end) => entry.name.endsWith(end))) {
      found.push(path.join(entry.parentPath ?? entry.path, entry.name));
    }
  }
  return found;
}

/** Every word in our templates, modules and views: a class of Tabler that none of them says cannot be on a page. */
async function wordsInUse() {
  const files = [
    ...(await filesUnder(path.join(root, "templates"), [".html"])),
    ...(await filesUnder(source, [".js"])),
    ...(await filesUnder(path.join(root, "shared_base"), [".py"])),
  ];
  const words = new Set();
  for (const file of files) {
    for (const [word] of (await readFile(file, "utf8")).matchAll(/[A-Za-z_][\w-]*/g)) words.add(word);
  }
  return words;
}

const classesIn = (css) => new Set([...css.matchAll(/\.([A-Za-z_][\w-]*)/g)].map((match) => match[1]));

async function ourClasses() {
  const files = await filesUnder(path.join(source, "css"), [".css"]);
  return classesIn((await Promise.all(files.map((file) => readFile(file, "utf8")))).join("\n"));
}

/**
 * Tabler is the ground: its reset, its variables and those of its utilities that pages use. A class that our own
 * stylesheets define is ours alone, so that no rule is fought over. From 79 to about 7 KB compressed.
 */
const tabler = {
  name: "tabler",
  setup(builder) {
    const file = require.resolve("@tabler/core/dist/css/tabler.min.css");
    builder.onResolve({ filter: /^@tabler\/core$/ }, () => ({ path: file, namespace: "tabler" }));
    builder.onLoad({ filter: /.*/, namespace: "tabler" }, async () => {
      const code = await readFile(file);
      const [words, ours] = await Promise.all([wordsInUse(), ourClasses()]);
      const unusedSymbols = [...classesIn(code.toString())].filter((name) => !words.has(name) || ours.has(name));
      return { contents: transform({ filename: file, code, unusedSymbols }).code, loader: "css" };
    });
  },
};

const common = {
  bundle: true,
  minify: true,
  sourcemap: true,
  target,
  outdir: out,
  metafile: true,
  logLevel: "warning",
  entryNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  assetNames: "[name]-[hash]",
  legalComments: "linked",
};

const bundles = [
  {
    ...common,
    format: "esm",
    splitting: true,
    plugins: [tabler],
    entryPoints: {
      app: path.join(source, "js/app.js"),
      timeline: path.join(source, "js/timeline.js"),
      charts: path.join(source, "js/charts.js"),
      kiosk: path.join(source, "js/kiosk.js"),
      pass: path.join(source, "js/pass.js"),
    },
  },
  {
    ...common,
    plugins: [tabler],
    entryPoints: { app: path.join(source, "css/app.css"), timeline: path.join(source, "css/timeline.css") },
  },
  // A service worker is one file.
  { ...common, format: "iife", entryPoints: { "pass-worker": path.join(source, "js/pass-worker.js") } },
  // Runs before the first paint, so that a dark page never flashes white: a classic script, not a module.
  { ...common, format: "iife", entryPoints: { theme: path.join(source, "js/theme.js") } },
];

function named(name, text) {
  const { name: stem, ext } = path.parse(name);
  return `${stem}-${createHash("sha256").update(text).digest("hex").slice(0, 8).toUpperCase()}${ext}`;
}

/** One SVG: a symbol for each icon and alias of icons.json and the mark. A template that asks for another is an error. */
async function sprite() {
  const { aliases, icons } = JSON.parse(await readFile(path.join(source, "icons.json"), "utf8"));
  const drawings = new Map([...icons.map((name) => [name, name]), ...Object.entries(aliases)]);
  const known = new Set([...drawings.keys(), "mark"]);
  const unknown = [];
  for (const file of await filesUnder(path.join(root, "templates"), [".html"])) {
    const text = await readFile(file, "utf8");
    for (const match of text.matchAll(/(?:\bicon\(|\bicon_name=|\bicon_after=)\s*"([^"]+)"/g)) {
      if (!known.has(match[1]))
        unknown.push(`${path.relative(root, file)}: icon "${match[1]}" is not in static/src/icons.json`);
    }
  }
  if (unknown.length) throw new Error(unknown.join("\n"));
  const symbols = await Promise.all(
    [...drawings].map(async ([name, drawing]) => {
      const file = require.resolve(`@tabler/icons/outline/${drawing}.svg`);
      const body = (await readFile(file, "utf8"))
        .replace(/<!--[\s\S]*?-->/g, "")
        .match(/<svg[^>]*>([\s\S]*)<\/svg>/)[1];
      return `<symbol id="${name}" viewBox="0 0 24 24">${body.replace(/\s*\n\s*/g, "").trim()}</symbol>`;
    }),
  );
  const mark = await readFile(path.join(source, "mark.svg"), "utf8");
  const [, box, body] = mark.match(/<svg[^>]*viewBox="([^"]+)"[^>]*>([\s\S]*)<\/svg>/);
  symbols.push(`<symbol id="mark" viewBox="${box}">${body.trim()}</symbol>`);
  return { "icons.svg": `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`, "mark.svg": mark };
}

/** Writes the sprite and the manifest; returns the manifest. The manifest appears last and whole. */
async function finish(results) {
  const manifest = {};
  for (const [name, text] of Object.entries(await sprite())) {
    manifest[name] = named(name, text);
    await writeFile(path.join(out, manifest[name]), text);
  }
  for (const { metafile } of results) {
    for (const [file, output] of Object.entries(metafile.outputs)) {
      if (!output.entryPoint) continue;
      manifest[path.basename(output.entryPoint)] = path.basename(file);
    }
  }
  const text = `${JSON.stringify(Object.fromEntries(Object.entries(manifest).sort()), null, 2)}\n`;
  await writeFile(path.join(out, "manifest.json.new"), text);
  await rename(path.join(out, "manifest.json.new"), path.join(out, "manifest.json"));
  return manifest;
}

async function sizes() {
  const rows = [];
  for (const file of (await readdir(out)).sort()) {
    if (!/\.(js|css|svg)$/.test(file)) continue;
    const bytes = await readFile(path.join(out, file));
    rows.push(
      `${file.padEnd(28)} ${String(bytes.length).padStart(8)}  gzip ${String(gzipSync(bytes, { level: 9 }).length).padStart(7)}`,
    );
  }
  return rows.join("\n");
}

async function once() {
  await mkdir(out, { recursive: true });
  const before = new Set(await readdir(out));
  const results = await Promise.all(bundles.map((options) => build(options)));
  const manifest = await finish(results);
  const written = new Set(["manifest.json", ...Object.values(manifest)]);
  for (const { metafile } of results)
    for (const file of Object.keys(metafile.outputs)) written.add(path.basename(file));
  for (const file of before) if (!written.has(file)) await rm(path.join(out, file), { recursive: true, force: true });
  console.log(await sizes());
}

async function watch() {
  await mkdir(out, { recursive: true });
  const last = new Map();
  const manifestOnEnd = (index) => ({
    name: "manifest",
    setup(builder) {
      builder.onEnd(async (result) => {
        if (result.errors.length) return;
        last.set(index, result);
        if (last.size === bundles.length) await finish([...last.values()]);
      });
    },
  });
  for (const [index, options] of bundles.entries()) {
    const running = await context({ ...options, plugins: [...(options.plugins ?? []), manifestOnEnd(index)] });
    await running.watch();
  }
  console.log("watching static/src");
}

try {
  await (process.argv.includes("--watch") ? watch() : once());
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
