"""The bar that offers what to do where a motion model cannot keep up."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.session.trial import Offer
from app.window.panels.words import Words


class OfferBar(QWidget):
    """Hidden until `show_offer`. `accepted` tells model and hop (s)."""

    accepted = Signal(str, float)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("offer")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._offer: Offer | None = None
        self._text = Words()
        self.longer, self.stay = QPushButton(), QPushButton("Stay with Duet")
        self.longer.clicked.connect(self._accept)
        self.stay.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.addWidget(self._text, 1)
        layout.addWidget(self.longer)
        layout.addWidget(self.stay)
        self.hide()

    def show_offer(self, offer: Offer) -> None:
        """Say what is wrong and offer what would help."""
        self._offer = offer
        self._text.setText(offer.told())
        self.longer.setVisible(offer.longer is not None)
        if offer.longer is not None:
            self.longer.setText(f"Use a hop of {offer.longer:.2f} s")
        self.show()

    def _accept(self) -> None:
        self.hide()
        if self._offer is not None and self._offer.longer is not None:
            self.accepted.emit(self._offer.name, self._offer.longer)
