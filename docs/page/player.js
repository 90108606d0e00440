// Plays the piece with its spectrogram as the place to listen from. Without scripts, the browser's own
// player stands there instead.
"use strict";
(() => {
  const player = document.querySelector(".player");
  const audio = player.querySelector("audio");
  const button = player.querySelector("button");
  const place = player.querySelector(".place");
  const time = player.querySelector(".time");
  const state = player.querySelector("[role=status]");
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  const clock = (seconds) =>
    `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
  const length = () => (Number.isFinite(audio.duration) ? audio.duration : Number(audio.dataset.seconds));

  const show = () => {
    place.max = length();
    place.value = audio.currentTime;
    const words = `${clock(audio.currentTime)} of ${clock(length())}`;
    place.setAttribute("aria-valuetext", words);
    time.textContent = words;
  };
  const follow = () => {
    show();
    if (!audio.paused && !still.matches) requestAnimationFrame(follow);
  };

  const failed = () => {
    state.textContent = "This browser cannot play it; the file can be downloaded below.";
  };

  button.addEventListener("click", () => {
    if (audio.paused) audio.play().catch(failed);
    else audio.pause();
  });
  place.addEventListener("input", () => {
    audio.currentTime = Number(place.value);
    show();
  });
  audio.addEventListener("play", () => {
    button.textContent = "Pause";
    follow();
  });
  for (const stopped of ["pause", "ended"]) {
    audio.addEventListener(stopped, () => {
      button.textContent = "Play";
      show();
    });
  }
  for (const moved of ["timeupdate", "loadedmetadata", "seeked"]) audio.addEventListener(moved, show);
  audio.addEventListener("error", failed);

  audio.controls = false;
  player.classList.add("scripted");
  show();
})();
