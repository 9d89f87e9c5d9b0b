"""The things that the starter model's sprites show, and the styles they are drawn in.

Their pictures are in `resources/sprites`; `app.gui.sprites` draws them.
"""

from __future__ import annotations

STYLES = ("cartoon", "flat")

# What a caption calls the thing: the name of its icon, where that differs.
OBJECTS: dict[str, str] = {
    name: icon or name.replace(" ", "-")
    for name, icon in (
        line.strip().partition(" = ")[::2]
        for line in """
        cat = cat-face
        dog = dog-face
        fox
        bear
        panda
        koala
        lion
        tiger = tiger-face
        cow = cow-face
        pig = pig-face
        frog
        monkey = monkey-face
        chicken
        penguin
        owl
        unicorn
        bee = honeybee
        butterfly
        snail
        ladybug = lady-beetle
        turtle
        octopus
        crab
        fish
        whale = spouting-whale
        elephant
        rabbit = rabbit-face
        swan
        flamingo
        apple = red-apple
        banana
        grapes
        watermelon
        lemon
        pear
        cherries
        strawberry
        tomato
        avocado
        eggplant
        carrot
        corn = ear-of-corn
        broccoli
        mushroom
        pineapple
        bread
        croissant
        pretzel
        cheese = cheese-wedge
        hamburger
        pizza
        doughnut
        cookie
        car = automobile
        bus
        airplane
        rocket
        sailboat
        sun
        star
        moon = crescent-moon
        cloud
        rainbow
        snowflake
        fire
        umbrella
        tree = deciduous-tree
        palm tree
        cactus
        sunflower
        rose
        tulip
        clover = four-leaf-clover
        house
        castle
        key
        pencil
        alarm clock
        light bulb
        bell
        guitar
        camera
        crown
        hat = top-hat
        shirt = t-shirt
        shoe = running-shoe
        football = soccer-ball
        basketball
        balloon
        teddy bear
        heart = red-heart
        diamond = gem-stone
        trophy
        robot
        ghost
        alien
        pumpkin = jack-o-lantern
        snowman
        bomb
        globe = globe-showing-americas
        """.strip().splitlines()
    )
}
