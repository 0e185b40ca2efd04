"""Files and the Documents lists they appear in."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.engine import Base
from portal.db.types import At, CustomerRef, Key, NameText, PublicId, words
from portal.rules.documents import Audience


class StoredFile(Base):
    """Bytes kept outside the web root under their SHA-256; never changed."""

    __tablename__ = "stored_file"

    id: Mapped[Key]
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    size: Mapped[int] = mapped_column(BigInteger)
    content_type: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[At]


class Document(Base):
    """An entry of a customer's Documents list. `about_id` is the account a saved statement covers (S6).

    `audience` says for whom it may be seen; `by_staff` that the operator put it there, so that customers let it be.
    """

    __tablename__ = "document"
    __table_args__ = (Index(None, "customer_id", "created_at"),)

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    customer_id: Mapped[CustomerRef]
    about_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(300))
    filename: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    created_at: Mapped[At]
    created_by: Mapped[str] = mapped_column(String(254))
    folder: Mapped[str] = mapped_column(NameText(100), default="", server_default="")
    audience: Mapped[Audience] = mapped_column(
        words(Audience, 10), default=Audience.EVERYBODY, server_default="everybody"
    )
    by_staff: Mapped[bool] = mapped_column(default=False, server_default=false())
