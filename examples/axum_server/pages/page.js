// What a page does more comfortably with script; none of it is needed. Progress is looked at without loading the page anew.
"use strict";

const progress = document.getElementById("progress");

async function look() {
  const answer = await fetch(location.href, { credentials: "same-origin" });
  if (answer.redirected) {
    location.replace(answer.url);
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const now = page.getElementById("progress");
  if (!now) {
    location.reload();
    return;
  }
  // The element stays, so that a screen reader which follows it says what changes in it.
  if (now.innerHTML !== progress.innerHTML) {
    progress.replaceChildren(...now.childNodes);
  }
  setTimeout(look, 700);
}

if (progress) {
  setTimeout(look, 700);
}
