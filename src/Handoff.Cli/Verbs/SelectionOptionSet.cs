using System.Collections.Immutable;
using System.CommandLine;
using Handoff.Tracing.Recordings;
using Handoff.Tracing.Selection;

namespace Handoff.Cli.Verbs;

/// <summary>The options that say which events of a recording are wanted.</summary>
internal sealed class SelectionOptionSet
{
    private readonly Option<string> _devices = new("--device", "-d") { HelpName = "A,B,…", Description = "of these devices only; * stands for anything" };
    private readonly Option<string> _events = new("--event", "-e") { HelpName = "A,B,…", Description = "only these names or kinds: dma_map_phys, map_page, map*" };
    private readonly Option<string> _from = new("--from") { HelpName = "TIME", Description = "from this time on: 12.5 (s), 300ms, +2s (from the start)" };
    private readonly Option<string> _to = new("--to") { HelpName = "TIME", Description = "up to this time" };
    private readonly Option<string> _fromMarker = new("--from-marker") { HelpName = "TEXT", Description = "from the first marker that contains the text on" };
    private readonly Option<string> _toMarker = new("--to-marker") { HelpName = "TEXT", Description = "up to the next marker that contains the text" };
    private readonly Option<string> _address = new("--address", "-a") { HelpName = "RANGE", Description = "touching 7bc10000, 7bc10000-7bc1ffff or 7bc10000+64K: physical, device or virtual" };

    /// <summary>Adds the options to a verb.</summary>
    public void AddTo(Command verb, bool withEvents)
    {
        verb.Options.Add(_devices);
        foreach (var option in withEvents ? (Option[])[_events, _address] : [])
            verb.Options.Add(option);
        foreach (var option in (Option[])[_from, _to, _fromMarker, _toMarker])
            verb.Options.Add(option);
    }

    /// <summary>Reads the options; the times need the recording's clock, so they come later.</summary>
    /// <exception cref="UserErrorException">A value makes no sense.</exception>
    public Request Read(ParseResult arguments)
    {
        AddressRange? addresses = null;
        if (arguments.GetValue(_address) is { } text)
        {
            if (!AddressRange.TryParse(text, out var range))
                throw new UserErrorException(ExitCode.Usage, $"--address: '{text}' is no address and no range of them", "write 7bc10000, 7bc10000-7bc1ffff or 7bc10000+64K, in hexadecimal");
            addresses = range;
        }

        var filter = new EventFilter
        {
            Devices = Names(arguments, _devices),
            Events = Names(arguments, _events),
            FromMarker = Text(arguments, _fromMarker),
            ToMarker = Text(arguments, _toMarker),
            Addresses = addresses,
        };
        var request = new Request(filter, Time(arguments, _from), Time(arguments, _to));
        if (request is { From: { } from, To: { } to } && from.On(true, 0) > to.On(true, 0) && arguments.GetValue(_from)!.StartsWith('+') == arguments.GetValue(_to)!.StartsWith('+'))
            throw new UserErrorException(ExitCode.Usage, $"--from {arguments.GetValue(_from)} is after --to {arguments.GetValue(_to)}");
        return request;
    }

    private static ImmutableArray<string> Names(ParseResult arguments, Option<string> option)
    {
        if (arguments.GetValue(option) is not { } text)
            return [];
        string[] names = text.Split(',', StringSplitOptions.TrimEntries);
        if (names.Contains(""))
            throw new UserErrorException(ExitCode.Usage, $"{option.Name}: '{text}' has an empty item");
        return [.. names];
    }

    private static string? Text(ParseResult arguments, Option<string> option) => arguments.GetValue(option) switch
    {
        "" => throw new UserErrorException(ExitCode.Usage, $"{option.Name}: an empty text is in every marker"),
        var text => text,
    };

    private static TimeArgument? Time(ParseResult arguments, Option<string> option)
    {
        if (arguments.GetValue(option) is not { } text)
            return null;
        return TimeArgument.TryParse(text, out var time)
            ? time
            : throw new UserErrorException(ExitCode.Usage, $"{option.Name}: '{text}' is no time", "write seconds of the recording's clock (12.5), or a unit: 300ms, +2s from the first event");
    }

    /// <summary>What was asked for.</summary>
    /// <param name="Filter">Everything but the times.</param>
    /// <param name="From">Not before.</param>
    /// <param name="To">Not after.</param>
    public sealed record Request(EventFilter Filter, TimeArgument? From, TimeArgument? To)
    {
        /// <summary>The complete filter, once the first event has told what the clock counts.</summary>
        public EventFilter For(RecordingReader reader, ulong firstTime)
        {
            bool seconds = reader.Header.TimeIsNanoseconds;
            return Filter with { From = From?.On(seconds, firstTime), To = To?.On(seconds, firstTime) };
        }

        /// <summary>A message about a name or marker that nothing in the recording has, or <see langword="null"/>.</summary>
        public UserErrorException? Missing(EventSelector selector, RecordingReader reader)
        {
            if (Filter.FromMarker is { } marker && !selector.HasStarted)
                return new UserErrorException(ExitCode.Usage, $"no marker contains '{LitmusFile.Printable(marker)}'", "handoff dump TRACE --event marker lists them");
            if (selector.IsPast || selector.Unmatched.FirstOrDefault() is not { } pattern)
                return null;
            bool isDevice = Filter.Devices.Contains(pattern);
            var known = Enumerable.Range(1, (isDevice ? reader.Devices : reader.EventNames).Count - 1).Select(id => (isDevice ? reader.Devices : reader.EventNames)[id]).ToList();
            if (!isDevice && (DmaEventKindNames.All.Contains(pattern) || known.Contains(pattern)))
                return null; // it exists, only not within the other limits
            if (!isDevice)
                known.AddRange(DmaEventKindNames.All);
            string? nearest = NearestWord.Find(pattern, known);
            string hint = nearest is not null ? $"did you mean '{LitmusFile.Printable(nearest)}'?"
                : $"there are: {LitmusFile.Printable(string.Join(", ", known.Take(12)))}{(known.Count > 12 ? ", …" : "")}";
            return new UserErrorException(ExitCode.Usage, $"no {(isDevice ? "device" : "event")} '{LitmusFile.Printable(pattern)}' in the recording", known.Count == 0 ? null : hint);
        }
    }
}
