namespace Handoff.Kernels;

/// <content>Names as users write them.</content>
public static partial class KernelProfiles
{
    /// <summary>Reads one kernel: <c>linux-6.12</c>, <c>+no-bounce</c>, <c>linux-6.4+marinas</c>, <c>linux-6.12,dynamic_pools=yes</c>.</summary>
    /// <returns>The kernel, or an error that names the nearest known one. A range or several kernels are errors here.</returns>
    public static ParsedKernels Parse(string text)
    {
        ParsedKernels list = ParseList(text);
        return !list.Succeeded || list.Profiles.Length == 1 ? list
            : ParsedKernels.Failed($"'{text}' means {list.Profiles.Length} kernels, where one is needed");
    }

    /// <summary>Reads kernels separated by commas, and ranges such as <c>linux-6.5..linux-6.12+no-bounce</c> (both ends included).</summary>
    /// <remarks>An item with an equals sign sets a switch of the item before it; add-ons after a range apply to each of its kernels.</remarks>
    /// <returns>The kernels in order, or an error that names the nearest known one.</returns>
    public static ParsedKernels ParseList(string text)
    {
        var profiles = new List<KernelProfile>();
        int last = 0; // where the item begins that a following switch changes
        foreach (string part in text.Split(','))
        {
            string item = part.Trim();
            if (item.Length == 0)
                return ParsedKernels.Failed($"'{text}' has an empty item; write kernels like {DefaultName},+no-bounce");
            if (item.Contains('=', StringComparison.Ordinal))
            {
                if (profiles.Count == 0)
                    profiles.Add(Default);
                if (Override(profiles, last, item) is { } error)
                    return ParsedKernels.Failed(error);
                continue;
            }

            last = profiles.Count;
            if (AddItem(profiles, item) is { } problem)
                return ParsedKernels.Failed(problem);
        }

        return new ParsedKernels([.. profiles], null);
    }

    /// <summary>The release or variant of that name, or <see langword="null"/>. <c>v6.12</c>, <c>6.12</c> and <c>v6.12-lts</c> work too.</summary>
    public static KernelProfile? Find(string name)
    {
        string wanted = Canonical(name);
        return All.FirstOrDefault(p => p.Name == wanted);
    }

    private static string? AddItem(List<KernelProfile> profiles, string item)
    {
        int plus = item.IndexOf('+', StringComparison.Ordinal);
        string kernels = (plus < 0 ? item : item[..plus]).Trim();
        string[] addOns = plus < 0 ? [] : item[(plus + 1)..].Split('+');
        int dots = kernels.IndexOf("..", StringComparison.Ordinal);
        int first = profiles.Count;
        if (kernels.Length == 0)
        {
            profiles.Add(Default);
        }
        else if (dots < 0)
        {
            if (Find(kernels) is not { } profile)
                return Unknown("kernel", kernels, Canonical(kernels), All.Select(static p => p.Name));
            profiles.Add(profile);
        }
        else if (AddRange(profiles, kernels[..dots], kernels[(dots + 2)..]) is { } error)
        {
            return error;
        }

        foreach (string addOn in addOns)
        {
            string wanted = "+" + addOn.Trim().ToLowerInvariant().Replace('_', '-');
            if (AddOns.FirstOrDefault(a => a.Name == wanted) is not { } found)
                return Unknown("add-on", wanted, wanted, AddOns.Select(static a => a.Name));
            for (int i = first; i < profiles.Count; i++)
            {
                KernelProfile p = profiles[i];
                profiles[i] = new KernelProfile(p.Name + found.Name, found.Apply(p.Switches), $"{p.Description}; {found.Description}");
            }
        }

        return null;
    }

    private static string? AddRange(List<KernelProfile> profiles, string from, string to)
    {
        if (from.Trim().Length == 0 || to.Trim().Length == 0)
            return $"'{from}..{to}' is no range; write both ends, like linux-6.5..{DefaultName}";
        int first = IndexOfRelease(from), last = IndexOfRelease(to);
        if (first < 0 || last < 0)
        {
            string wrong = (first < 0 ? from : to).Trim();
            return Unknown("release", wrong, Canonical(wrong), Releases.Select(static p => p.Name));
        }

        if (first > last)
            return $"'{from}..{to}' runs backwards; write {Releases[last].Name}..{Releases[first].Name}";
        for (int i = first; i <= last; i++)
            profiles.Add(Releases[i]);
        return null;
    }

    private static int IndexOfRelease(string name)
    {
        string wanted = Canonical(name);
        for (int i = 0; i < Releases.Length; i++)
        {
            if (Releases[i].Name == wanted)
                return i;
        }

        return -1;
    }

    private static string? Override(List<KernelProfile> profiles, int first, string item)
    {
        int equals = item.IndexOf('=', StringComparison.Ordinal);
        string name = item[..equals].Trim(), value = item[(equals + 1)..].Trim();
        if (KernelSwitchTable.Find(name) is not { } found)
            return Unknown("switch", name, name, KernelSwitchTable.All.Select(static s => s.Name));
        for (int i = first; i < profiles.Count; i++)
        {
            KernelProfile p = profiles[i];
            if (found.With(p.Switches, value) is not { } switches)
                return $"'{value}' is no value of {found.Name}; it takes {string.Join(", ", found.Values.Select(static v => v.Name))}";
            string written = found.ValueIn(switches).Name;
            profiles[i] = new KernelProfile($"{p.Name},{found.Name}={written}", switches, $"{p.Description}; {found.Name} = {written}");
        }

        return null;
    }

    private static string Canonical(string name)
    {
        string wanted = name.Trim().ToLowerInvariant();
        if (wanted.StartsWith('v') && wanted.Length > 1 && char.IsAsciiDigit(wanted[1]))
            wanted = wanted[1..];
        if (wanted.Length > 0 && char.IsAsciiDigit(wanted[0]))
            wanted = "linux-" + wanted;
        if (wanted.StartsWith("linux-", StringComparison.Ordinal) && wanted.EndsWith("-lts", StringComparison.Ordinal))
            wanted = wanted[..^4];
        return wanted switch
        {
            "linux-6.12.117" => DefaultName,
            "linux-7.3" => "linux-7.3-rc",
            _ => wanted,
        };
    }

    private static string Unknown(string what, string written, string wanted, IEnumerable<string> known) =>
        $"'{written}' is no known {what}; the nearest is {Nearest(wanted, known)}";

    /// <summary>For a release that is not listed, the newest listed one that is older; otherwise the fewest edits.</summary>
    private static string Nearest(string wanted, IEnumerable<string> known)
    {
        if (VersionOf(wanted) is { } version)
        {
            KernelProfile? older = Releases.LastOrDefault(p => VersionOf(p.Name) is { } v && v <= version);
            return (older ?? Releases[0]).Name;
        }

        return known.MinBy(name => Edits(wanted, name))!;
    }

    private static Version? VersionOf(string name)
    {
        const string prefix = "linux-";
        if (!name.StartsWith(prefix, StringComparison.Ordinal))
            return null;
        string number = name[prefix.Length..];
        int dash = number.IndexOf('-', StringComparison.Ordinal);
        return Version.TryParse(dash < 0 ? number : number[..dash], out Version? version) ? version : null;
    }

    /// <summary>Number of single-character edits between two names (Levenshtein).</summary>
    private static int Edits(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int above = row[j];
                row[j] = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[^1];
    }
}
