"""Links between customers: sub-accounts, partner accounts, what is settled before, and files of links."""
