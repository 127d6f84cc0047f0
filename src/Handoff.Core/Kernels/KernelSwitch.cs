using System.Collections.Immutable;

namespace Handoff.Kernels;

/// <summary>One switch of <see cref="KernelSwitches"/> as users see it: its name, its values, and how it came about.</summary>
/// <remarks>Reads and sets through two functions, so no reflection is needed.</remarks>
public sealed class KernelSwitch
{
    private readonly Func<KernelSwitches, int> _get;
    private readonly Func<KernelSwitches, int, KernelSwitches> _set;

    internal KernelSwitch(
        string name,
        string description,
        string history,
        Evidence evidence,
        ImmutableArray<KernelSwitchValue> values,
        Func<KernelSwitches, int> get,
        Func<KernelSwitches, int, KernelSwitches> set)
    {
        Name = name;
        Description = description;
        History = history;
        Evidence = evidence;
        Values = values;
        _get = get;
        _set = set;
    }

    /// <summary>Name in lower case with underscores, such as <c>partial_sync</c>.</summary>
    public string Name { get; }

    /// <summary>What the switch decides, one line.</summary>
    public string Description { get; }

    /// <summary>Releases in which it changed.</summary>
    public string History { get; }

    /// <summary>How well that is known.</summary>
    public Evidence Evidence { get; }

    /// <summary>All values, in the order of their enumeration.</summary>
    public ImmutableArray<KernelSwitchValue> Values { get; }

    /// <summary>The value in a set of switches.</summary>
    public KernelSwitchValue ValueIn(KernelSwitches switches) => Values[_get(switches)];

    /// <summary>The same set with another value.</summary>
    /// <param name="switches">The set.</param>
    /// <param name="value">Name of a value; <c>yes</c> and <c>no</c> may also be written as on, off, true, false, 1, 0.</param>
    /// <returns>The new set, or <see langword="null"/> if there is no such value.</returns>
    public KernelSwitches? With(KernelSwitches switches, string value)
    {
        string name = Canonical(value);
        for (int i = 0; i < Values.Length; i++)
        {
            if (Values[i].Name == name)
                return _set(switches, i);
        }

        return null;
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static string Canonical(string value) => value.Trim().ToLowerInvariant().Replace('_', '-') switch
    {
        "on" or "true" or "1" or "y" => "yes",
        "off" or "false" or "0" or "n" => "no",
        var name => name,
    };
}
