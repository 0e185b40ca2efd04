"""A customer brings a document and writes a ticket; the desk answers, and looks at the portal as the customer does."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Visit, accessible, fits
from tests.outside import files

NOTE = "The duct is crushed, do not tell yet"


def test_a_ticket_from_the_customer_to_the_desk_and_back(visit: Visit) -> None:
    page = visit("stranger", "phone")
    page.goto("/documents/add")
    page.get_by_label("File").set_input_files({"name": "dot.pdf", "mimeType": "application/pdf", "buffer": files.png()})
    page.get_by_label("Title").fill("A white dot")
    page.get_by_role("button", name="Add the document").click()
    expect(page.get_by_text("“A white dot” is added.")).to_be_visible()
    expect(page.get_by_role("link", name="Look")).to_be_visible()
    accessible(page)

    page.goto("/tickets")
    page.get_by_role("link", name="New ticket").first.click()
    page.get_by_label("Subject").fill("The door is locked")
    page.get_by_label("What happened?").fill("Since noon nobody gets in.")
    page.get_by_label("Files").set_input_files({"name": "door.png", "mimeType": "image/png", "buffer": files.png()})
    page.get_by_role("button", name="Send to the operator").click()
    expect(page.get_by_role("heading", level=1, name="The door is locked")).to_be_visible()
    accessible(page)
    fits(page)

    desk = visit("frontdesk", "desk")
    desk.goto("/staff/tickets")
    desk.get_by_role("link", name="The door is locked").click()
    desk.get_by_role("link", name="Internal note").click()
    desk.get_by_label("Internal note").last.fill(NOTE)
    desk.get_by_role("button", name="Write the note").click()
    expect(desk.get_by_text("Internal: the customer never sees this")).to_be_visible()
    desk.get_by_label("Answer").last.fill("The caretaker is on the way.")
    desk.get_by_role("button", name="Send, then wait").click()
    expect(desk.get_by_text("The answer is sent.")).to_be_visible()
    accessible(desk)

    page.reload()
    expect(page.get_by_text("The caretaker is on the way.")).to_be_visible()
    expect(page.get_by_text(NOTE)).to_have_count(0)
    page.get_by_role("button", name="It is solved").click()
    expect(page.get_by_text("The ticket is solved.")).to_be_visible()


def test_viewing_as_a_customer_is_marked_and_ends(visit: Visit) -> None:
    page = visit("admin")
    page.goto("/staff/customers?q=Dana+Nov%C3%A1k")
    page.get_by_role("link", name="Dana Novák").first.click()
    page.get_by_text("Actions").click()
    page.get_by_role("link", name="View as customer…").click()
    page.get_by_label("Reason").fill("They cannot find an invoice")
    page.get_by_role("button", name="View as customer").click()
    banner = page.get_by_role("region", name="Viewing as a customer")
    expect(banner).to_contain_text("Viewing as Dana Novák")
    accessible(page)
    page.goto("/documents")
    expect(banner).to_be_visible()
    page.get_by_role("button", name="Stop viewing").click()
    expect(page.get_by_role("heading", level=1, name="Dana Novák")).to_be_visible()
