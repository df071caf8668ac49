"""The look of the window: one dark palette, spacing and rounded controls, as a Qt style sheet."""

from pathlib import Path
from typing import Final

_ICONS: Final = (Path(__file__).resolve().parents[3] / "resources" / "icons").as_posix()

BACKGROUND: Final = "#11141b"
PANEL: Final = "#181c26"
RAISED: Final = "#232938"
LINE: Final = "#2d3446"
TEXT: Final = "#e8ebf2"
QUIET: Final = "#97a0b5"
ACCENT: Final = "#4fb3a5"
WARNING: Final = "#e0a458"
SPACE: Final = 12

STYLE: Final = f"""
* {{ font-family: "Inter", "Segoe UI", "Helvetica Neue", "DejaVu Sans", sans-serif; font-size: 13px; color: {TEXT}; }}
QMainWindow, QDialog, QMessageBox, QFileDialog {{ background: {BACKGROUND}; }}
QWidget#panel {{ background: {PANEL}; border-left: 1px solid {LINE}; }}
QWidget#bar {{ background: {PANEL}; border-top: 1px solid {LINE}; }}
QWidget#captions {{ background: {BACKGROUND}; }}
QWidget#captions QLabel {{ font-size: 16px; }}
QScrollArea, QScrollArea > QWidget > QWidget, QTabWidget::pane {{ background: {PANEL}; border: none; }}
QTabBar {{ background: {PANEL}; qproperty-drawBase: 0; }}
QTabBar::tab {{ background: transparent; color: {QUIET}; padding: 8px 16px; border: none; }}
QTabBar::tab:selected {{ color: {TEXT}; border-bottom: 2px solid {ACCENT}; }}
QSlider::groove:horizontal {{ height: 4px; background: {RAISED}; border-radius: 2px; }}
QSlider::sub-page:horizontal {{ background: {ACCENT}; border-radius: 2px; }}
QSlider::handle:horizontal {{ width: 14px; margin: -5px 0; border-radius: 7px; background: {TEXT}; }}
QWidget#offer {{ background: {RAISED}; border-top: 1px solid {WARNING}; }}
QProgressBar {{ background: {LINE}; border: none; border-radius: 4px; max-height: 8px; }}
QProgressBar::chunk {{ background: {ACCENT}; border-radius: 4px; }}
QLabel {{ background: transparent; }}
QLabel#title {{ font-size: 18px; font-weight: 600; }}
QLabel#section {{ color: {QUIET}; font-size: 11px; font-weight: 600; letter-spacing: 1px; }}
QLabel#quiet, QLabel#status {{ color: {QUIET}; }}
QLabel#status[warning="true"] {{ color: {WARNING}; }}
QPushButton {{ background: {RAISED}; border: 1px solid {LINE}; border-radius: 8px; padding: 8px 14px; }}
QPushButton:hover {{ border-color: {ACCENT}; }}
QPushButton:pressed {{ background: {LINE}; }}
QPushButton:disabled {{ color: {QUIET}; background: {PANEL}; }}
QPushButton#primary {{ background: {ACCENT}; color: #0c1513; border: none; font-weight: 600; padding: 10px 14px; }}
QPushButton#primary:hover {{ background: #62c7b9; }}
QPushButton#primary:checked {{ background: {RAISED}; color: {TEXT}; border: 1px solid {LINE}; }}
QPushButton:focus, QComboBox:focus, QLineEdit:focus {{ border: 1px solid {ACCENT}; }}
QLineEdit, QComboBox {{ background: {RAISED}; border: 1px solid {LINE}; border-radius: 8px; padding: 8px 10px; }}
QLineEdit {{ selection-background-color: {ACCENT}; selection-color: #0c1513; }}
QComboBox::drop-down {{ border: none; width: 22px; }}
QComboBox::down-arrow {{ image: url({_ICONS}/arrow_down.svg); width: 10px; height: 6px; margin-right: 10px; }}
QComboBox QAbstractItemView {{ background: {RAISED}; border: 1px solid {LINE}; outline: none; padding: 4px;
  selection-background-color: {LINE}; }}
QToolTip {{ background: {RAISED}; color: {TEXT}; border: 1px solid {LINE}; padding: 6px; }}
QFrame#divider {{ background: {LINE}; max-height: 1px; min-height: 1px; border: none; }}
QTreeView, QListView {{ background: {PANEL}; border: 1px solid {LINE}; border-radius: 6px; }}
QHeaderView, QTableCornerButton::section {{ background: {RAISED}; border: none; }}
QHeaderView::section {{ background: {RAISED}; border: none; padding: 6px; }}
QToolButton {{ background: {RAISED}; border: 1px solid {LINE}; border-radius: 6px; padding: 5px; }}
QScrollBar:vertical {{ background: transparent; width: 8px; }}
QScrollBar::handle:vertical {{ background: {LINE}; border-radius: 4px; min-height: 24px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; }}
"""
