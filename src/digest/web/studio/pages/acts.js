// What a person does from here: send a test, approve, reopen, read the list of shortcuts. Each is a dialog
// that says what will happen, and what came of it.
"use strict";

const Acts = (() => {
  /** Posts JSON; {ok, message, hint} in every case, also when nobody answers. */
  async function post(address, content) {
    try {
      const answer = await fetch(address, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(content),
      });
      return { ok: answer.ok, ...(await answer.json()) };
    } catch {
      return { ok: false, message: say("did_not_answer"), hint: "" };
    }
  }

  const open = (dialog) => dialog.open || dialog.showModal();

  function openTest() {
    if (Studio.isStatic || byId("open-test").hidden) return;
    answerTest("", say("test_hint"));
    open(byId("test-dialog"));
    byId("test-address").select();
  }

  // The line under the address: a hint, what is wrong, or what was done.
  function answerTest(kind, ...words) {
    const line = byId("test-said");
    line.className = `hint ${kind}`;
    line.setAttribute("role", kind ? "alert" : "note");
    line.replaceChildren(...words.filter(Boolean).map((word) => make("span", {}, word, " ")));
    byId("test-address").toggleAttribute("aria-invalid", kind === "err");
  }

  async function sendTest(event) {
    event.preventDefault();
    const field = byId("test-address");
    if (!field.value.trim() || !field.checkValidity()) {
      answerTest("err", say("test_wrong"));
      field.focus();
      return;
    }
    busy(byId("test-send"), true);
    answerTest("", say("sending"));
    const answer = await post("test", { address: field.value.trim() });
    busy(byId("test-send"), false);
    answerTest(answer.ok ? "done" : "err", answer.message, answer.hint);
    field.focus();
  }

  function openApprove() {
    if (Studio.isStatic || byId("open-approve").hidden) return;
    const { state } = Studio;
    if (!state.can.approve) {
      announce(Standing.reason(state));
      const error = state.findings.find(({ severity }) => severity === "error");
      if (error) Findings.reveal(error.number);
      return;
    }
    const { warnings, notes } = state.counts;
    byId("approve-title").textContent = say("approve_title", { edition: state.edition.id });
    const left = [warnings && count("warnings", warnings), notes && count("notes", notes)]
      .filter(Boolean)
      .join(", ");
    const facts = [
      ["approve_subject", state.inbox.subject],
      ["approve_left", left || say("approve_clean")],
      ["approve_hash", state.status.hash],
    ];
    byId("approve-facts").replaceChildren(
      ...facts.flatMap(([key, value]) => [make("dt", {}, say(key)), make("dd", {}, value)]),
    );
    byId("approve-said").textContent = "";
    byId("approve-dialog").dataset.hash = state.status.full_hash;
    open(byId("approve-dialog"));
    byId("approve-do").focus();
  }

  async function approve(event) {
    event.preventDefault();
    busy(byId("approve-do"), true);
    announce(say("approving"));
    const answer = await post("approve", { hash: byId("approve-dialog").dataset.hash });
    busy(byId("approve-do"), false);
    if (!answer.ok) {
      byId("approve-said").textContent = [answer.message, answer.hint].filter(Boolean).join(" ");
      return;
    }
    byId("approve-dialog").close();
    await Live.refresh();
    announce(byId("approved").textContent);
    byId("approved").focus({ preventScroll: true });
  }

  function openReopen() {
    const { edition } = Studio.state;
    byId("reopen-title").textContent = say("reopen_title", { edition: edition.id });
    byId("reopen-said").textContent = "";
    open(byId("reopen-dialog"));
  }

  async function reopen(event) {
    event.preventDefault();
    busy(byId("reopen-do"), true);
    const answer = await post("reopen", { edition: Studio.state.edition.id });
    busy(byId("reopen-do"), false);
    if (!answer.ok) {
      byId("reopen-said").textContent = [answer.message, answer.hint].filter(Boolean).join(" ");
      return;
    }
    byId("reopen-dialog").close();
    await Live.refresh();
    announce(byId("why").textContent);
    byId("open-approve").focus({ preventScroll: true });
  }

  function busy(button, is) {
    button.setAttribute("aria-disabled", String(is));
    button.disabled = is;
  }

  const openKeys = () => open(byId("keys-dialog"));

  function start() {
    byId("open-keys").addEventListener("click", openKeys);
    if (Studio.isStatic) return;
    byId("open-test").addEventListener("click", openTest);
    byId("open-approve").addEventListener("click", openApprove);
    byId("open-reopen").addEventListener("click", openReopen);
    byId("test-dialog").querySelector("form").addEventListener("submit", sendTest);
    byId("reopen-dialog").querySelector("form").addEventListener("submit", reopen);
    byId("approve-dialog").querySelector("form").addEventListener("submit", approve);
    for (const button of document.querySelectorAll("[data-close]"))
      button.addEventListener("click", () => button.closest("dialog").close());
  }

  return { start, openTest, openApprove, openKeys };
})();
