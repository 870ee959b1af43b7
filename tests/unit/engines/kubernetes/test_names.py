from workbench.engines.kubernetes.names import ALPHABET, Names, template_hash
from workbench.engines.randomness import Streams
from workbench.model.native.kubernetes import ObjectMeta, PodSpec, PodTemplateSpec


def test_endings_are_five_letters_of_upstreams_alphabet_and_never_repeat():
    names = Names(Streams(1))
    made = [names.generate("web-") for _ in range(2000)]
    assert len(set(made)) == 2000
    assert all(len(one) == 9 and set(one[4:]) <= set(ALPHABET) for one in made)


def test_one_name_more_elsewhere_changes_none_here():
    alone, disturbed = Names(Streams(1)), Names(Streams(1))
    disturbed.generate("db-")
    assert [alone.generate("web-") for _ in range(3)] == [disturbed.generate("web-") for _ in range(3)]


def test_a_template_has_the_same_hash_wherever_it_is_made():
    one, same = (PodTemplateSpec(metadata=ObjectMeta(labels={"app": "web"})) for _ in range(2))
    other = PodTemplateSpec(spec=PodSpec(host_network=True))
    assert template_hash(one) == template_hash(same) != template_hash(other)
