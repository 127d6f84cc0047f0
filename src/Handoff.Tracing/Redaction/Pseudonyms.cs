using System.Globalization;
using System.Text;
using Handoff.Tracing.Bundles;

namespace Handoff.Tracing.Redaction;

/// <summary>Gives every name another one. It follows from the key and the name alone, so that recordings with the same key match.</summary>
internal sealed class Pseudonyms(RedactionKey key)
{
    private readonly Dictionary<string, string> _names = [];
    private readonly HashSet<string> _taken = [];

    /// <summary>The other name of a device: a PCI function stays one, everything else becomes <c>5d2a90c1.device</c>.</summary>
    internal string Device(string name) => Of("device", name, static (name, hash) => MachineFacts.IsPci(name)
        ? string.Create(CultureInfo.InvariantCulture, $"{(hash >> 16) & 0xffff:x4}:{(hash >> 8) & 0xff:x2}:{(hash >> 3) & 0x1f:x2}.{hash & 7}")
        : string.Create(CultureInfo.InvariantCulture, $"{(uint)hash:x8}.device"));

    /// <summary>A name of any other kind: <c>task-5d2a90c1</c>.</summary>
    internal string Other(string kind, string name) => Of(kind, name, (_, hash) => string.Create(CultureInfo.InvariantCulture, $"{kind}{(uint)hash:x8}"));

    private string Of(string kind, string name, Func<string, ulong, string> make)
    {
        if (name.Length == 0)
            return name;
        string each = kind + "\0" + name;
        if (_names.TryGetValue(each, out string? known))
            return known;
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        string other;
        int attempt = 0;
        do
            other = make(name, key.Hash($"{kind} {attempt++}", bytes)); // two names with one hash: the second one tries on
        while (!_taken.Add(other) || other == name);
        _names.Add(each, other);
        return other;
    }
}
