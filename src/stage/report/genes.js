"use strict";
(() => {
  const find = (id) => document.getElementById(id);
  const data = JSON.parse(find("gene-data").textContent);
  const words = { ok: "", clipped: "window leaves the chromosome", empty: "no data in any mark", no_chrom: "a signal lacks the chromosome" };
  const rows = [];
  data.samples.forEach((sample, which) => data.genes.forEach((gene, at) => {
    if (sample.status[at] === null) return;
    const looks = sample.looks_at[at];
    rows.push({
      gene: gene.name, other: gene.name === gene.id ? "" : gene.id, tss: gene.tss, split: gene.split ?? "", sample: sample.name,
      score: sample.score[at], label: sample.label[at], uncertain: sample.uncertain[at],
      mark: looks?.mark ?? "", place: looks?.place ?? "", share: looks?.share ?? null, status: words[sample.status[at]],
      threshold: data.thresholds[which],
      key: `${gene.name}\n${gene.id}`.toLowerCase(), order: rows.length,
    });
  }));
  const isClass = data.labels[0] !== "";
  const named = (label) => label === null ? "–" : isClass ? data.labels[label === 1 ? 0 : 1] : String(label);
  const number = (value) => value === null ? "–" : value.toFixed(3);
  // title, key to sort by, text, whether it is a number; the title and text of what stands small below it
  const columns = [
    ["gene", "gene", (row) => row.gene, false, "id", (row) => row.other],
    ["TSS", "tss", (row) => row.tss],
    ["sample", "sample", (row) => row.sample],
    ["split", "split", (row) => row.split],
    ["label", "label", (row) => named(row.label), true],
    ["score", "score", (row) => number(row.score), true, "uncertain", (row) => row.uncertain ? "uncertain" : ""],
    ["looks at", "mark", (row) => row.mark, false, "place", (row) => row.place],
    ["× even share", "share", (row) => row.share === null ? "–" : row.share.toFixed(1), true],
    ["note", "status", (row) => row.status],
  ].filter(([, key]) => rows.some((row) => row[key] !== "" && row[key] !== null));
  const PAGE = 25;
  let shown = PAGE;
  let sorted = { key: "order", down: false };
  const natural = new Intl.Collator("en", { numeric: true });
  const compare = (a, b) => {
    const [one, other] = [a[sorted.key], b[sorted.key]];
    // what is not known comes last in either direction
    if (one === null || other === null) return (one === null) - (other === null) || a.order - b.order;
    const order = typeof one === "number" ? one - other : natural.compare(one, other);
    return (sorted.down ? -order : order) || a.order - b.order;
  };
  const wrong = (row) => row.threshold !== null && row.label !== null && row.score !== null
    && (row.score >= row.threshold) !== (row.label === 1);
  const which = { "": () => true, uncertain: (row) => row.uncertain, wrong, none: (row) => row.score === null };
  const element = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
  const chosen = () => {
    const name = find("gene-name").value.trim().toLowerCase();
    const [sample, split, rule] = ["sample", "split", "which"].map((part) => find(`gene-${part}`).value);
    const found = rows.filter((row) => row.key.includes(name) && (!sample || row.sample === sample)
      && (!split || row.split === split) && which[rule](row));
    found.sort(compare);
    // a whole name comes before a longer one
    const whole = (row) => row.key.split("\n").includes(name);
    return name ? [...found.filter(whole), ...found.filter((row) => !whole(row))] : found;
  };
  const draw = () => {
    const found = chosen();
    const head = document.createElement("tr");
    columns.forEach(([title, key, , isNumber]) => {
      const cell = document.createElement("th");
      cell.scope = "col";
      if (isNumber) cell.className = "n";
      const button = element("button", title);
      button.type = "button";
      button.addEventListener("click", () => {
        sorted = { key, down: sorted.key === key ? !sorted.down : Boolean(isNumber) };
        draw();
      });
      if (sorted.key === key) cell.setAttribute("aria-sort", sorted.down ? "descending" : "ascending");
      cell.append(button);
      head.append(cell);
    });
    const body = document.createElement("tbody");
    found.slice(0, shown).forEach((row) => {
      const line = document.createElement("tr");
      columns.forEach(([, , text, isNumber, , below], at) => {
        const cell = element(at === 0 ? "th" : "td", text(row));
        if (below?.(row)) cell.append(Object.assign(element("span", below(row)), { className: "below" }));
        if (at === 0) cell.scope = "row";
        if (isNumber) cell.className = "n";
        line.append(cell);
      });
      body.append(line);
    });
    const top = document.createElement("thead");
    top.append(head);
    find("gene-table").replaceChildren(top, body);
    const count = (n, one, many) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
    find("gene-count").textContent = found.length
      ? `${count(Math.min(shown, found.length), "row", "rows")} of ${found.length.toLocaleString("en")}`
      : "No gene is called so, or none is left by the other choices.";
    find("gene-more").hidden = found.length <= shown;
  };
  const again = () => { shown = PAGE; draw(); };
  find("gene-search").addEventListener("submit", (event) => event.preventDefault());
  ["sample", "split", "which"].forEach((part) => find(`gene-${part}`).addEventListener("change", again));
  find("gene-name").addEventListener("input", () => {
    const name = find("gene-name").value.trim();
    history.replaceState(null, "", name ? `#gene=${encodeURIComponent(name)}` : "#genes");
    again();
  });
  find("gene-more").addEventListener("click", () => { shown += 4 * PAGE; draw(); });
  find("gene-save").addEventListener("click", () => {
    const titles = columns.flatMap(([title, , , , small]) => small ? [title, small] : [title]);
    const cells = (row) => columns.flatMap(([, , text, , , below]) => below ? [text(row), below(row)] : [text(row)]);
    const lines = [titles, ...chosen().map(cells)];
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([lines.map((line) => `${line.join("\t")}\n`).join("")], { type: "text/tab-separated-values" }));
    link.download = "genes.tsv";
    link.click();
    URL.revokeObjectURL(link.href);
  });
  const open = () => {
    const name = new URLSearchParams(location.hash.slice(1)).get("gene");
    if (name === null) return;
    find("gene-name").value = name;
    again();
    find("genes").scrollIntoView();
  };
  window.addEventListener("hashchange", open);
  draw();
  open();
})();
