"""The face: skin, eyes, brows, nose, mouth and glasses, all in the head's coordinates."""

import numpy as np

from studio.data.portraits.figure import Figure, colours, mix
from studio.data.portraits.patches import patch
from studio.data.portraits.sheet import Pixels, Sheet, ellipse, fraction, oval, rounded_box, segment, smooth, unit

WHITE = colours([(255, 255, 255)])
INK = colours([(52, 34, 44)])
EYE_Y = 0.17
FACE_Y = 0.06


def chin(figure: Figure) -> Pixels:
    return figure.vary("chin", 0.55, 0.62)


def face_distance(figure: Figure, head: Sheet, grow: float = 0.0) -> Pixels:
    """Distance to the outline of the face: round above, narrowing to the chin below."""
    width = figure.vary("face_width", 0.445, 0.50) + grow
    height = chin(figure) - FACE_Y + grow
    y = head.y - FACE_Y
    down = np.maximum(y, 0.0) / height
    narrow = np.maximum(1.0 - figure.vary("jaw", 0.16, 0.36) * down * down, 0.3)
    across = (head.x - 0.02 * figure.yaw()) / (width * narrow)
    y = np.where(y > 0.0, down, y / 0.58)
    return (np.sqrt(across * across + y * y) - 1.0) * 0.47


def paint_face(figure: Figure, head: Sheet, fringe: Pixels) -> None:
    """Skin with its light and shadow, then everything on it. `fringe`: distance to the hair before it."""
    skin = figure.skin()
    _paint_ears(figure, head)
    distance = face_distance(figure, head)
    cover = head.cover(distance)
    head.paint(cover, skin)
    away = head.x * figure.light()
    head.tint(cover * smooth(1.0 + distance / 0.13) * unit(0.42 - 0.5 * away), figure.skin_shadow(0.30))
    head.tint(cover * unit(0.9 - (fringe - 0.008) / 0.075) * 0.8, figure.skin_shadow(0.30))
    head.tint(cover * unit(1.0 + distance / 0.022) * 0.55, figure.skin_shadow(0.5))
    _paint_cheeks(figure, head, cover)
    _paint_nose(figure, head)
    _paint_mouths(figure, head)
    for side in (-1, 1):
        _paint_eye(figure, head, side)
    _paint_glasses(figure, head)


def _paint_ears(figure: Figure, head: Sheet) -> None:
    skin, width = figure.skin(), figure.vary("face_width", 0.445, 0.50)
    for side in (-1, 1):
        with patch(head, side * width + 0.02 * figure.yaw(), 0.16, (0.16, 0.2)) as ear:
            outline = ellipse(ear.x, ear.y, 0.085, 0.135)
            cover = ear.cover(outline)
            ear.paint(cover, skin)
            ear.tint(cover * unit(1.0 + outline / 0.05) * 0.6, figure.skin_shadow(0.4))


def feature_x(figure: Figure, x: Pixels | float, depth: float) -> Pixels:
    """Where something at `x` on the face lands when the head turns; `depth`: how far it stands out."""
    return x * (1.0 - 0.06 * np.sign(x) * figure.yaw()) + depth * figure.yaw()


def feature_y(figure: Figure, y: float, depth: float = 1.0) -> Pixels:
    return y + figure.vary("pitch", -0.035, 0.035) * depth


def eye_x(figure: Figure, side: int) -> Pixels:
    return feature_x(figure, side * figure.vary("eye_spacing", 0.205, 0.24), 0.055)


def _paint_cheeks(figure: Figure, head: Sheet, face: Pixels) -> None:
    rose = mix(figure.skin(), colours([(240, 90, 100)]), 0.55)
    across = np.abs(head.x - 0.05 * figure.yaw()) - 0.285
    fade = smooth(-oval(across, head.y - feature_y(figure, 0.365), 0.145, 0.085) / 0.10)
    head.tint(face * fade * figure.vary("blush", 0.3, 0.85), rose)


def _paint_nose(figure: Figure, head: Sheet) -> None:
    with patch(head, feature_x(figure, 0.0, 0.085), feature_y(figure, 0.335, 1.3), (0.07, 0.06)) as nose:
        side = 0.012 * figure.light()
        line = segment(nose.x, nose.y, (-side, -0.015), (side, 0.015)) - 0.014
        nose.tint(nose.cover(line) * 0.8, figure.skin_shadow(0.42))
        shine = oval(nose.x - side, nose.y + 0.035, 0.014, 0.014)
        nose.tint(nose.cover(shine) * 0.6, WHITE)


def _paint_mouths(figure: Figure, head: Sheet) -> None:
    for value, paint in (("yes", _paint_smile), ("no", _paint_serious)):
        chosen = figure.having("smile", value)
        if chosen:
            some = figure.among(chosen)
            x, y = feature_x(some, 0.0, 0.065), feature_y(some, 0.445)
            with patch(head, x, y, (0.23, 0.14), chosen) as mouth:
                paint(some, mouth)


def _paint_smile(figure: Figure, mouth: Sheet) -> None:
    """An open, laughing mouth with teeth and tongue."""
    width, height = figure.vary("mouth_width", 0.145, 0.195), figure.vary("mouth_height", 0.095, 0.135)
    bow = 0.22 * (mouth.x / width) * mouth.x
    upper = -(mouth.y + 0.035 + bow * 0.9)
    lower = ellipse(mouth.x, mouth.y + 0.045, width, height)
    open_ = mouth.cover(np.maximum(upper, lower))
    mouth.tint(open_, colours([(150, 34, 50)]))
    tongue = ellipse(mouth.x, mouth.y - height + 0.03, width * 0.62, height * 0.55)
    mouth.tint(open_ * mouth.cover(tongue), colours([(240, 118, 124)]))
    teeth = np.maximum(-upper - 0.034, lower + 0.012)
    mouth.tint(open_ * mouth.cover(teeth), WHITE)
    rim = np.abs(np.maximum(upper, lower)) - 0.009
    mouth.tint(mouth.cover(rim) * 0.85, colours([(110, 34, 42)]))


def _paint_serious(figure: Figure, mouth: Sheet) -> None:
    """A small closed mouth, almost straight."""
    width = figure.vary("mouth_width", 0.06, 0.095)
    bend = figure.vary("mouth_height", 0.004, 0.014) * (mouth.x / width) * (mouth.x / width)
    line = segment(mouth.x, mouth.y + bend, (-width, 0.0), (width, 0.0)) - 0.015
    mouth.tint(mouth.cover(line) * 0.9, mix(figure.skin_shadow(0.5), colours([(150, 40, 50)]), 0.55))
    lip = oval(mouth.x, mouth.y - 0.055, width * 0.7, 0.02)
    mouth.tint(mouth.cover(lip) * 0.2, figure.skin_shadow(0.35))


def _paint_eye(figure: Figure, head: Sheet, side: int) -> None:
    size = figure.vary("eye_size", 0.92, 1.1)
    half_width = 0.148 * size * (1.0 + 0.07 * side * -figure.yaw())
    half_height = figure.vary("eye_height", 0.145, 0.175) * size
    y = feature_y(figure, EYE_Y)
    with patch(head, eye_x(figure, side), y - 0.05, (0.24, 0.32)) as eye:
        x, y = eye.x * side, eye.y - 0.05  # x grows outwards on both sides
        white = _eye_white(eye, x / half_width, y / half_height, half_height)
        _paint_iris(figure, eye, white, (half_width, half_height))
        _paint_lashes(eye, x / half_width, y / half_height, half_height)
        _paint_brow(figure, eye, x, y + half_height)


def _upper_lid(x: Pixels) -> Pixels:
    """Height of the upper lid over the eye's middle, in half heights: a flat arch, lower inside."""
    x = x - 0.1
    return 0.96 - 0.62 * x * x - 0.16 * x * x * x * x


def _eye_white(eye: Sheet, x: Pixels, y: Pixels, half_height: Pixels) -> Pixels:
    """Paint the white and return its cover. x, y: in half sizes of the eye."""
    above = -y - _upper_lid(x)
    below = y - (0.98 - 0.78 * x * x)
    distance = np.maximum(above, below) * half_height * 0.8
    cover = eye.cover(distance)
    eye.tint(cover, colours([(252, 250, 252)]))
    eye.tint(cover * smooth(1.0 + above / 0.55) * 0.55, colours([(150, 150, 190)]))
    return cover


def _paint_iris(figure: Figure, eye: Sheet, white: Pixels, half: tuple[Pixels, Pixels]) -> None:
    colour = figure.colour("eyes")
    gaze = figure.vary("gaze", -0.022, 0.022)
    x, y = eye.x - gaze, eye.y - 0.05 - 0.02 * half[1]
    rx, ry = half[0] * 0.73, half[1] * 1.03
    outline = ellipse(x, y, rx, ry)
    iris = white * eye.cover(outline)
    height = unit(0.5 + 0.5 * y / ry)
    eye.tint(iris, colour)
    eye.tint(iris * unit(0.95 - 1.7 * height), colour * 0.30)
    eye.tint(iris * smooth(1.0 + outline / 0.035) * 0.75, colour * 0.38)
    glow = ellipse(x, y - 0.50 * ry, rx * 0.62, ry * 0.36)
    eye.tint(iris * smooth(0.6 - glow / 0.05) * 0.7, mix(colour, WHITE, 0.55))
    eye.tint(iris * eye.cover(ellipse(x, y - 0.02, rx * 0.42, ry * 0.44)) * 0.92, colour * 0.14)
    lit = 0.3 + 0.12 * np.abs(figure.light())
    to_light = np.where(figure.light() < 0.0, -1.0, 1.0).astype(np.float32)
    big = ellipse(x - to_light * lit * rx, y + 0.42 * ry, rx * 0.36, ry * 0.27)
    small = ellipse(x + to_light * 0.38 * rx, y - 0.46 * ry, rx * 0.19, ry * 0.14)
    shine = np.maximum(eye.cover(big), eye.cover(small) * 0.85)
    eye.tint(shine * white, WHITE)


def _paint_lashes(eye: Sheet, x: Pixels, y: Pixels, half_height: Pixels) -> None:
    """Upper lashes, thick and winged outside; a thin lower line; the fold of the lid."""
    lid = _upper_lid(x)
    inside = unit((1.34 - x) * 6.0) * unit((x + 1.10) * 5.0)
    thick = 0.105 + 0.085 * unit(0.5 + 0.5 * x)
    wing = 0.20 * unit(x - 0.62)
    upper = (np.abs(-y - lid - 0.06 - wing) - thick) * half_height * 0.8
    eye.tint(eye.cover(upper) * inside, INK)
    low = 0.98 - 0.78 * x * x
    lower = (np.abs(y - low) - 0.05) * half_height * 0.8
    eye.tint(eye.cover(lower) * unit((1.02 - np.abs(x)) * 5.0) * unit(0.35 + 0.45 * x) * 0.8, INK)
    fold = (np.abs(-y - lid - 0.40) - 0.028) * half_height
    eye.tint(eye.cover(fold) * unit((0.82 - np.abs(x - 0.08)) * 4.0) * 0.40, INK)


def _paint_brow(figure: Figure, eye: Sheet, x: Pixels, y: Pixels) -> None:
    """A thin brow above the lid; x grows outwards, y from the top of the eye."""
    x, y = x / 0.15, y + figure.vary("brow_height", 0.08, 0.125)
    arch = y + 0.03 * (1.0 - x * x) + figure.vary("brow_angle", -0.028, 0.008) * x
    thick = 0.021 - 0.008 * unit(0.5 + 0.5 * x)
    brow = eye.cover(np.abs(arch) - thick) * unit((1.0 - np.abs(x)) * 6.0)
    eye.tint(brow * 0.75, mix(figure.skin_shadow(0.6), INK, 0.55))


def _paint_glasses(figure: Figure, head: Sheet) -> None:
    chosen = figure.having("glasses", "yes")
    if not chosen:
        return
    some = figure.among(chosen)
    with patch(head, 0.055 * some.yaw(), feature_y(some, EYE_Y + 0.015), (0.58, 0.26), chosen) as front:
        lens = _lens_distance(some, front)
        inside = front.cover(lens)
        glint = unit(1.6 - np.abs(fraction((front.x + 0.8 * front.y) * 2.1 + 0.32) - 0.5) * 14.0)
        front.tint(inside * (0.07 + 0.2 * glint), WHITE)
        frame = np.abs(lens) - 0.021
        bridge = np.maximum(np.abs(front.y + 0.05 - 0.8 * front.x * front.x) - 0.019, np.abs(front.x) - 0.07)
        reach = np.abs(front.x) - 0.40
        temple = np.maximum(np.abs(front.y + 0.06) - 0.018, np.maximum(-reach, np.abs(front.x) - 0.455))
        drawn = np.minimum(np.minimum(frame, bridge), temple)
        front.tint(front.cover(drawn), _frame_colour(some))


def _lens_distance(figure: Figure, front: Sheet) -> Pixels:
    size = figure.vary("frame_size", 0.168, 0.19)
    lenses = []
    for side in (-1, 1):
        middle = eye_x(figure, side) - 0.055 * figure.yaw()
        # the glasses sit a little outside the eyes so that the two rings never meet
        x = front.x - middle - side * np.maximum(0.0, size + 0.03 - np.abs(middle))
        lenses.append(rounded_box(x, front.y, (size, size * 0.94), 0.13))
    return np.minimum(lenses[0], lenses[1])


def _frame_colour(figure: Figure) -> np.ndarray:
    tone = figure.vary("frame_colour", 0.0, 1.0)[:, None]
    return mix(colours([(28, 26, 40)]), colours([(96, 30, 44)]), tone)
