// What is measured in the page itself, by scripts/check-page.sh; every function gives a list of faults.
(() => {
  const tell = (element) => {
    const words = (element.textContent || "").trim().replace(/\s+/g, " ").slice(0, 40);
    const named = element.className.baseVal ?? element.className;
    return `<${element.localName}${named ? ` class="${named}"` : ""}>${words ? ` "${words}"` : ""}`;
  };
  const style = (element) => getComputedStyle(element);
  const cuts = (element) => style(element).overflowX !== "visible";

  const rgba = (colour) => {
    const parts = colour.match(/[\d.]+/g).map(Number);
    return parts.length === 3 ? [...parts, 1] : parts;
  };
  const over = (top, below) => top.slice(0, 3).map((c, i) => c * top[3] + below[i] * (1 - top[3]));
  // Relative luminance and contrast: Web Content Accessibility Guidelines 2.2, definitions.
  const luminance = (colour) => {
    const [r, g, b] = colour.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = rgba(style(e).backgroundColor);
      if (colour[3] === 1) return colour;
    }
    return [255, 255, 255, 1];
  };
  // What is painted beneath a text of a drawing.
  const shapeBelow = (text) => {
    text.scrollIntoView({ block: "center", behavior: "instant" });
    const box = text.getBoundingClientRect();
    const shapes = document.elementsFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    const shape = shapes.find((e) => e.matches("svg *") && !e.matches("text") && style(e).fill !== "none");
    return shape ? rgba(style(shape).fill) : ground(text);
  };

  return {
    wider(width) {
      const faults = [];
      const whole = document.documentElement.scrollWidth;
      if (whole > width) faults.push(`the page is ${whole} px wide`);
      for (const element of document.body.querySelectorAll("*")) {
        let hidden = false;
        for (let e = element.parentElement; e !== document.body && e; e = e.parentElement) hidden ||= cuts(e);
        const box = element.getBoundingClientRect();
        if (!hidden && box.width > 0 && box.right > width + 0.5) {
          faults.push(`${tell(element)} reaches to ${Math.round(box.right)} px`);
        }
        if (cuts(element) && element.scrollWidth > element.clientWidth + 1) {
          if (style(element).overflowX === "hidden") faults.push(`${tell(element)} hides what is wider than it`);
          else if (element.tabIndex < 0) faults.push(`${tell(element)} cannot be scrolled by keyboard`);
        }
      }
      return faults;
    },

    faint(least) {
      const faults = new Set();
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        if (!texts.currentNode.data.trim() || element.matches("script, style, title, desc")) continue;
        if (!element.checkVisibility()) continue;
        const drawn = element.matches("svg *");
        const below = drawn ? shapeBelow(element) : ground(element);
        const ink = over(rgba(drawn ? style(element).fill : style(element).color), below);
        const contrast = ratio(ink, below.slice(0, 3));
        if (contrast < least) faults.add(`${tell(element)} has a contrast of ${contrast.toFixed(2)}`);
      }
      return [...faults];
    },

    // Places in the document of everything that a keyboard must reach.
    reachable() {
      const all = [...document.querySelectorAll("*")];
      const wanted = "a[href], button, input, select, textarea, audio[controls], [tabindex='0']";
      return all.flatMap((e, i) => (e.matches(wanted) && e.checkVisibility() ? [i] : []));
    },

    focused() {
      const all = [...document.querySelectorAll("*")];
      const element = document.activeElement;
      const shown = style(element).outlineStyle !== "none" && parseFloat(style(element).outlineWidth) >= 1;
      return { place: all.indexOf(element), shown };
    },

    tell(place) {
      return tell(document.querySelectorAll("*")[place]);
    },

    sound() {
      const audio = document.querySelector("audio");
      return {
        time: audio.currentTime,
        length: audio.duration,
        said: Number(audio.dataset.seconds),
        paused: audio.paused,
        ended: audio.ended,
        error: audio.error && `${audio.error.code} ${audio.error.message}`,
        decoded: audio.webkitAudioDecodedByteCount,
        button: document.querySelector(".player button").textContent,
        place: Number(document.querySelector(".player .place").value),
        words: document.querySelector(".player .place").getAttribute("aria-valuetext"),
      };
    },

    moving() {
      const faults = document.getAnimations().map((a) => `${tell(a.effect.target)} moves`);
      if (style(document.documentElement).scrollBehavior !== "auto") faults.push("the page scrolls smoothly");
      return faults;
    },

    withoutScripts() {
      const audio = document.querySelector("audio");
      const faults = [];
      if (!audio.controls || audio.getBoundingClientRect().height < 20) faults.push("no player is shown");
      for (const element of document.querySelectorAll(".player button, .player .place")) {
        if (element.checkVisibility()) faults.push(`${tell(element)} is shown and does nothing`);
      }
      return faults;
    },
  };
})()
