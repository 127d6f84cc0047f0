using System.Globalization;
using Handoff.Tracing.Bundles;

namespace Handoff.Tracing.Redaction;

/// <summary>Gives every name another one, always the same, in the order in which they come up.</summary>
internal sealed class NameShuffle
{
    private readonly Dictionary<string, string> _names = [];
    private readonly Dictionary<string, int> _counts = [];
    private int _pci, _others;

    /// <summary>The other name of a device: a PCI function stays one, everything else becomes <c>1.device</c> and so on.</summary>
    internal string Device(string name)
    {
        if (name.Length == 0)
            return name;
        if (_names.TryGetValue(name, out string? known))
            return known;
        string other;
        if (MachineFacts.IsPci(name))
        {
            int number = _pci++;
            other = string.Create(CultureInfo.InvariantCulture, $"{number >> 16:x4}:{255 - ((number >> 8) & 255):x2}:{(number >> 3) & 31:x2}.{number & 7}");
        }
        else
        {
            other = string.Create(CultureInfo.InvariantCulture, $"{++_others}.device");
        }

        _names.Add(name, other);
        return other;
    }

    /// <summary>A name of any other kind: <c>task-1</c>, <c>marker 3</c>.</summary>
    internal string Other(string kind, string name)
    {
        if (name.Length == 0)
            return name;
        string key = kind + "\0" + name;
        if (!_names.TryGetValue(key, out string? known))
        {
            int number = _counts[kind] = _counts.GetValueOrDefault(kind) + 1;
            known = kind + number.ToString(CultureInfo.InvariantCulture);
            _names.Add(key, known);
        }

        return known;
    }
}
