// SPDX-License-Identifier: MIT OR Apache-2.0

//! UARTs that tell whether they are ready: where their registers are, and how wide.

/// A UART's two registers that sending needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its first register.
    pub base: u64,
    /// The data register.
    pub data: u64,
    /// The register that tells.
    pub status: u64,
    /// Its bits that do.
    pub mask: u32,
    /// What they are when a byte may be sent.
    pub ready: u32,
    /// How wide an access is: 1, 2 or 4 bytes.
    pub width: u32,
}

impl Port {
    /// Describes the UART of this `compatible`, if it is known, with its registers from `base` on;
    /// `shift` and `width` are `reg-shift` and `reg-io-width` of its node.
    #[must_use]
    pub fn new(
        compatible: &[u8],
        base: u64,
        shift: Option<u32>,
        width: Option<u32>,
    ) -> Option<Self> {
        let port = |status, mask, ready, width: u32| Self {
            base,
            data: base,
            status,
            mask,
            ready,
            width,
        };
        match compatible {
            // UARTFR.TXFF.
            b"arm,pl011" => Some(port(base + 0x18, 1 << 5, 0, width.unwrap_or(2))),
            // The same, with registers of 32 bits (Server Base System Architecture).
            b"arm,sbsa-uart" => Some(port(base + 0x18, 1 << 5, 0, 4)),
            // LSR.THRE, the sixth register.
            b"ns16550" | b"ns16550a" | b"ns16450" | b"ns8250" | b"snps,dw-apb-uart" => {
                let status = base + (5 << shift.unwrap_or(0).min(4));
                Some(port(status, 1 << 5, 1 << 5, width.unwrap_or(1)))
            }
            // Its node does not tell what its driver knows.
            b"brcm,bcm2835-aux-uart" => Some(port(base + (5 << 2), 1 << 5, 1 << 5, 4)),
            // UTS.TXFULL; bytes to send go to UTXD.
            b"fsl,imx6q-uart" => Some(Self {
                data: base + 0x40,
                ..port(base + 0xb4, 1 << 4, 0, 4)
            }),
            _ => None,
        }
        .filter(|port| [1, 2, 4].contains(&port.width))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_8250_has_its_registers_as_far_apart_as_its_node_tells() {
        let status = |shift| Port::new(b"ns16550a", 0x100, shift, None).map(|port| port.status);
        assert_eq!(status(None), Some(0x105));
        assert_eq!(status(Some(2)), Some(0x114));
    }

    #[test]
    fn accesses_are_as_wide_as_its_node_tells() {
        let width = |name, width| Port::new(name, 0, None, width).map(|port| port.width);
        assert_eq!(width(b"ns16550a", None), Some(1));
        assert_eq!(width(b"ns16550a", Some(4)), Some(4));
        assert_eq!(width(b"arm,pl011", None), Some(2));
        assert_eq!(width(b"arm,pl011", Some(4)), Some(4));
        assert_eq!(width(b"arm,sbsa-uart", None), Some(4));
        assert_eq!(width(b"ns16550a", Some(3)), None);
    }

    #[test]
    fn what_is_not_known_is_not_written_to() {
        assert_eq!(Port::new(b"fsl,imx8qxp-lpuart", 0, None, None), None);
    }
}
