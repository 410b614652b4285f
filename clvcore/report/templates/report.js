(async () => {
  const packed = document.getElementById("library");
  const boxes = [...document.querySelectorAll(".chart")];
  if (!packed || !boxes.length) return;
  const bytes = Uint8Array.from(atob(packed.textContent.trim()), (letter) => letter.charCodeAt(0));
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const library = document.createElement("script");
  library.textContent = await new Response(plain).text();
  document.head.append(library);

  const config = { displayModeBar: false, displaylogo: false, showSendToCloud: false, responsive: true };
  const ink = () => getComputedStyle(document.documentElement).getPropertyValue("--ink").trim();
  const family = getComputedStyle(document.body).fontFamily;
  for (const box of boxes) {
    const { data, layout } = JSON.parse(document.getElementById(box.id + "-data").textContent);
    box.replaceChildren();
    await Plotly.newPlot(box, data, { ...layout, font: { family, size: 13, color: ink() } }, config);
  }
  document.documentElement.dataset.drawn = "yes";

  const coloured = (change) => boxes.forEach((box) => Plotly.relayout(box, change));
  const heights = boxes.map((box) => box.layout.height);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
    coloured({ "font.color": ink() }));
  // a sheet of A4 is 660 pixels wide between its margins, and a chart must not be cut by its end
  addEventListener("beforeprint", () => boxes.forEach((box, i) => Plotly.relayout(box,
    { width: 660, height: Math.min(heights[i], 820), "font.color": "#1f2328" })));
  addEventListener("afterprint", () => boxes.forEach((box, i) => Plotly.relayout(box,
    { width: null, height: heights[i], autosize: true, "font.color": ink() })));
})();
