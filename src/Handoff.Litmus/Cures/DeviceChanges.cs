using Handoff.Litmus.Language;

namespace Handoff.Litmus.Cures;

/// <summary>Another device or machine, where the test says what they are.</summary>
internal static class DeviceChanges
{
    private static readonly Located<ulong> s_wide = new(ulong.MaxValue);

    public static IEnumerable<Candidate> Of(ProgramText program)
    {
        LitmusTest test = program.Test;
        foreach (DeviceDeclaration device in test.Devices)
        {
            foreach ((int weight, string text, DeviceDeclaration changed) in OfDevice(device))
                yield return new Candidate(CureKind.Device, weight, $"with {device.Name} {text}", device.Span, [ProgramText.Replace(device, LitmusPrinter.Device(changed))]);
        }

        if (test.Devices.Length > 1)
        {
            foreach ((string text, Func<DeviceDeclaration, bool> applies, Func<DeviceDeclaration, DeviceDeclaration> change) in s_forAll)
            {
                DeviceDeclaration[] changed = [.. test.Devices.Where(applies)];
                if (changed.Length > 1)
                    yield return new Candidate(CureKind.Device, 46, $"with {string.Join(" and ", changed.Select(d => d.Name))} {text}", changed[0].Span, [.. changed.Select(d => ProgramText.Replace(d, LitmusPrinter.Device(change(d))))]);
            }
        }

        if (test.Machine is not { } machine || machine.Span == default)
            yield break;
        if (machine.Swiotlb is { } swiotlb)
        {
            string where = $"on line {program.Line(machine)}";
            if (machine.ForcesBounce)
                yield return Machine(50, $"without forced bouncing {where}", machine with { Swiotlb = new Located<string>("65536") });
            else if (swiotlb.Value.Contains("noforce", StringComparison.Ordinal))
                yield return Machine(50, $"with a bounce pool {where}", machine with { Swiotlb = new Located<string>("32768") });
            else
                yield return Machine(50, $"with a larger bounce pool (swiotlb 64M) {where}", machine with { Swiotlb = new Located<string>("32768") });
        }

        if (machine.Encryption is { Value: not MemoryEncryption.None })
            yield return Machine(52, $"without memory encryption on line {program.Line(machine)}", machine with { Encryption = null });

        Candidate Machine(int weight, string text, MachineDeclaration changed) => new(CureKind.Machine, weight, text, machine.Span, [ProgramText.Replace(machine, LitmusPrinter.Machine(changed))]);
    }

    private static readonly (string Text, Func<DeviceDeclaration, bool> Applies, Func<DeviceDeclaration, DeviceDeclaration> Change)[] s_forAll =
    [
        ("64-bit (dma_mask 64)", d => d.DmaMask?.Value != ulong.MaxValue, d => d with { DmaMask = s_wide }),
        ("coherent", d => d.Coherent?.Value == false, d => d with { Coherent = new Located<bool>(true) }),
        ("coherent and 64-bit", d => d.Coherent?.Value == false || d.DmaMask?.Value != ulong.MaxValue, d => d with { Coherent = new Located<bool>(true), DmaMask = s_wide }),
    ];

    private static IEnumerable<(int Weight, string Text, DeviceDeclaration Changed)> OfDevice(DeviceDeclaration device)
    {
        if (device.DmaMask?.Value != ulong.MaxValue)
            yield return (40, "64-bit (dma_mask 64)", device with { DmaMask = s_wide });
        if (device.BusLimit is not null)
            yield return (41, "without bus_limit", device with { BusLimit = null });
        if (!device.Ranges.IsDefaultOrEmpty)
            yield return (41, "without dma_range", device with { Ranges = [] });
        if (device.ForceBounce?.Value == true)
            yield return (41, "not forced to bounce", device with { ForceBounce = new Located<bool>(false) });
        if (device.RestrictedPool is { } pool)
        {
            yield return (41, "without restricted_pool", device with { RestrictedPool = null });
            yield return (41, "with a larger restricted_pool (64M)", device with { RestrictedPool = new Located<ulong>(Math.Max(64UL << 20, pool.Value)) });
        }

        if (device.MinAlignMask is not null)
            yield return (42, "without min_align_mask", device with { MinAlignMask = null });
        if (device.MaxSegment is not null)
            yield return (42, "taking longer segments (without max_seg)", device with { MaxSegment = null });
        if (device.Boundary is not null)
            yield return (42, "without a segment boundary", device with { Boundary = null });
        if (device.Coherent?.Value == false)
            yield return (43, "coherent", device with { Coherent = new Located<bool>(true) });
    }
}
