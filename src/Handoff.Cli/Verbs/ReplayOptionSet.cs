using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Handoff.Swiotlb;
using Handoff.Tracing.Replay;

namespace Handoff.Cli.Verbs;

/// <summary>The options that the verbs about recorded loads share.</summary>
internal sealed class ReplayOptionSet
{
    private static readonly Dictionary<string, BounceMode> Modes = new()
    {
        ["recorded"] = BounceMode.AsRecorded,
        ["needed"] = BounceMode.WhenNeeded,
        ["force"] = BounceMode.Forced,
        ["never"] = BounceMode.Never,
    };

    /// <summary>The words for which mappings bounce.</summary>
    public static IEnumerable<string> ModeWords => Modes.Keys;

    private readonly Option<string[]> _masks = new("--mask") { HelpName = "DEV=BITS", Description = "streaming mask of a device, such as 0000:00:03.0=64; may be repeated" };
    private readonly Option<string> _recorded = new("--recorded") { HelpName = "TEXT", Description = "swiotlb= of the recorded machine, where neither recording nor facts beside it tell" };

    /// <summary>Adds the options to a verb.</summary>
    public void AddTo(Command verb)
    {
        verb.Options.Add(_masks);
        verb.Options.Add(_recorded);
    }

    /// <summary>The text given for the recorded machine; <see langword="null"/> if none was.</summary>
    public string? Recorded(ParseResult arguments)
    {
        if (arguments.GetValue(_recorded) is not { } text)
            return null;
        var parsed = SwiotlbParameter.Parse(text);
        if (parsed is { Slots: null, Areas: null, Force: false, NoForce: false })
            throw new UserErrorException(ExitCode.Usage, $"--recorded: '{text}' is nothing that swiotlb= takes", "write it as on the kernel's command line: 512,2,force");
        return text;
    }

    /// <summary>The masks given.</summary>
    public ImmutableSortedDictionary<string, ulong> Masks(ParseResult arguments)
    {
        var masks = ImmutableSortedDictionary.CreateBuilder<string, ulong>();
        foreach (string item in (arguments.GetValue(_masks) ?? []).SelectMany(static text => text.Split(',')))
        {
            int equals = item.LastIndexOf('=');
            if (equals <= 0 || !int.TryParse(item.AsSpan(equals + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int bits) || bits is < 1 or > 64)
                throw new UserErrorException(ExitCode.Usage, $"--mask: '{item}' is no mask", "write a device and a number of bits from 1 to 64, such as 0000:00:03.0=64");
            if (!masks.TryAdd(item[..equals], DmaMask.Bits(bits)))
                throw new UserErrorException(ExitCode.Usage, $"--mask: {item[..equals]} is given twice");
        }

        return masks.ToImmutable();
    }

    /// <summary>Ends with a message if a mask is for a device that the load does not have.</summary>
    public static void CheckDevices(ImmutableSortedDictionary<string, ulong> masks, RecordedLoad load)
    {
        List<string> known = [.. load.Devices.Select(static device => device.Name)];
        foreach (string name in masks.Keys.Where(name => !known.Contains(name)))
        {
            string? nearest = NearestWord.Find(name, known);
            throw new UserErrorException(
                ExitCode.Usage, $"--mask: the recording has no device '{name}'", nearest is null ? $"it has {string.Join(", ", known.Take(12))}" : $"did you mean '{nearest}'?");
        }
    }

    /// <summary>Numbers of areas separated by commas; cpus for one a processor.</summary>
    public static IReadOnlyList<int> ReadAreas(string text, RecordedLoad load) => [.. text.Split(',').Select(item =>
    {
        if (item.Trim() == "cpus")
            return SwiotlbParameter.RoundAreas(load.Machine.Machine.Cpus);
        return int.TryParse(item.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int areas) && areas is >= 1 and <= 8192
            ? areas
            : throw new UserErrorException(ExitCode.Usage, $"--areas: '{item.Trim()}' is no number of areas", "write numbers from 1 to 8192, or cpus for one a processor");
    })];

    /// <summary>Which mappings bounce.</summary>
    public static IReadOnlyList<BounceMode> ReadModes(string text) => [.. text.Split(',').Select(static item =>
    {
        if (Modes.TryGetValue(item.Trim(), out BounceMode mode))
            return mode;
        string? nearest = NearestWord.Find(item.Trim(), Modes.Keys);
        throw new UserErrorException(ExitCode.Usage, $"--bounce: '{item.Trim()}' is no way to bounce", nearest is null ? $"words: {string.Join(", ", Modes.Keys)}" : $"did you mean '{nearest}'?");
    })];
}
