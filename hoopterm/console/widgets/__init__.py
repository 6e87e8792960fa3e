"""What paints lines.

paint       lines to strips, through the gate for hostile text
scroller    what everything that scrolls by lines shares
document    a scrolled page of lines
board       lines some of which can be chosen
feed        paragraphs that grow at the end
live_table  a virtual table whose cursor follows its row
entry_table the same, of which only a part is loaded
grid        a terminal's screen, cell by cell
bars        header, banner, footer and rules: single lines
yaml_editor an editor of YAML; choices: the words it offers
tabs        the parts of one screen in a line
prompt      one line of input at the foot
"""
